"""WebVTT (.vtt): `<v Name>` says who speaks."""

import re

import webvtt

from daf_core.errors import BadInput
from daf_core.sources.transcripts.blocks import plain, take_out_broken
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document

_CLOCK = r"(?:\d{1,10}:)?[0-5]?\d:[0-5]?\d\.\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_NO_CUES = ("NOTE", "STYLE", "REGION")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")


def recognises(document: Document) -> bool:
    """Whether the text starts with WEBVTT."""
    return document.text.startswith("WEBVTT")


def read(document: Document) -> Transcript:
    """Cues of a WebVTT text.

    A cue in which two voices speak becomes two cues with the same times.

    Raises:
        BadInput: `unreadable_transcript`, the text is no WebVTT.
    """
    readable, broken = take_out_broken(document.text, _TIMING)
    unread = [f"line {number}" for number in sorted(broken + _without_times(readable))]
    try:
        captions = webvtt.from_string(readable).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as err:
        raise BadInput(
            "unreadable_transcript", "expected a file that starts with WEBVTT, found other text"
        ) from err
    return Transcript(cues=[cue for one in captions for cue in _cues(one)], unread=unread)


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
    cues = [
        Cue(text=_words(caption, span), start_s=start_s, end_s=end_s, speaker=speaker or None)
        for speaker, span in spans
    ]
    return [cue for cue in cues if cue.text] or [Cue(text="", start_s=start_s, end_s=end_s)]


def _words(caption: webvtt.Caption, span: str) -> str:
    return plain(webvtt.Caption(caption.start, caption.end, span).text)
