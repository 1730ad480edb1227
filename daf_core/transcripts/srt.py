"""SubRip (.srt): the format has no speakers, but many files write them before the words."""

import re

import pysubs2

from daf_core.transcripts.cue import Cue, plain

_NAMED = re.compile(r"([^\W\d_][^:?!.,]{0,39}):\s+(.*)")


def read(text: str) -> list[Cue]:
    """Cues of a SubRip text.

    "NAME: words" gives a speaker where more than half of the file's cues are written so.
    """
    cues = [
        Cue(event.start / 1000, event.end / 1000, plain(event.plaintext))
        for event in pysubs2.SSAFile.from_string(text, format_="srt")
    ]
    named = [_NAMED.fullmatch(cue.text) for cue in cues]
    if sum(match is not None for match in named) <= len(cues) / 2:
        return cues
    return [
        Cue(cue.start_s, cue.end_s, match[2], match[1]) if match else cue
        for cue, match in zip(cues, named, strict=True)
    ]
