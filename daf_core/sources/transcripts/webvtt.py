"""WebVTT (.vtt): `<v Name>` says who speaks."""

import re

import webvtt

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, plain, take_out_broken

_CLOCK = r"(?:\d{1,10}:)?[0-5]?\d:[0-5]?\d\.\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_NO_CUES = ("NOTE", "STYLE", "REGION")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")


def read(text: str) -> tuple[list[Cue], list[int]]:
    """Cues of a WebVTT text, and the numbers of lines whose times cannot be read.

    A cue in which two voices speak becomes two cues with the same times.

    Raises:
        BadInput: `unreadable_transcript`, the text does not start with WEBVTT.
    """
    readable, broken_lines = take_out_broken(text, _TIMING)
    broken_lines = sorted(broken_lines + _without_times(readable))
    try:
        captions = webvtt.from_string(readable).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as err:
        raise BadInput(
            "unreadable_transcript", "expected a file that starts with WEBVTT, found other text"
        ) from err
    return [cue for caption in captions for cue in _cues(caption)], broken_lines


def _without_times(text: str) -> list[int]:
    """Numbers of the lines at which a block starts that should be a cue but has no times."""
    numbers = []
    line = 1
    for position, block in enumerate(text.split("\n\n")):
        words = block.strip()
        if position and words and "-->" not in words and not words.startswith(_NO_CUES):
            numbers.append(line + block[: block.index(words)].count("\n"))
        line += block.count("\n") + 2
    return numbers


def _cues(caption: webvtt.Caption) -> list[Cue]:
    # Not `start_in_seconds`, which drops the milliseconds.
    start_s, end_s = (
        time.in_milliseconds() / 1000 for time in (caption.start_time, caption.end_time)
    )
    before, *voices = _VOICE.split(caption.raw_text)
    spans = [(None, before), *zip(map(plain, voices[::2]), voices[1::2], strict=True)]
    cues = [Cue(start_s, end_s, _words(caption, span), speaker or None) for speaker, span in spans]
    return [cue for cue in cues if cue.text] or [Cue(start_s, end_s, "")]


def _words(caption: webvtt.Caption, span: str) -> str:
    return plain(webvtt.Caption(caption.start, caption.end, span).text)
