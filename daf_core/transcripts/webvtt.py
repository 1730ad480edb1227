"""WebVTT (.vtt): `<v Name>` says who speaks."""

import re

import webvtt

from daf_core.errors import BadInput
from daf_core.transcripts.cue import Cue, plain

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")


def read(text: str) -> list[Cue]:
    """Cues of a WebVTT text. A cue in which two voices speak gives two, with the same times."""
    try:
        captions = webvtt.from_string(text).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as err:
        raise BadInput(
            "unreadable_transcript", "expected a file that starts with WEBVTT, found other text"
        ) from err
    return [cue for caption in captions for cue in _cues(caption)]


def _cues(caption: webvtt.Caption) -> list[Cue]:
    # start_time, not start_in_seconds: that one drops the milliseconds.
    start_s, end_s = (
        time.in_milliseconds() / 1000 for time in (caption.start_time, caption.end_time)
    )
    before, *voices = _VOICE.split(caption.raw_text)
    spans = [(None, before), *zip(map(plain, voices[::2]), voices[1::2], strict=True)]
    cues = [Cue(start_s, end_s, _words(caption, span), speaker or None) for speaker, span in spans]
    return [cue for cue in cues if cue.text] or [Cue(start_s, end_s, "")]


def _words(caption: webvtt.Caption, span: str) -> str:
    return plain(webvtt.Caption(caption.start, caption.end, span).text)
