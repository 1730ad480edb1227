"""SubRip (.srt): the format has no speakers, but many files write them before the words."""

import re

import pysubs2

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, plain, take_out_broken

_CLOCK = r"\d{1,2}:[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?!.*{_CLOCK})")
LONGEST_CUE = 20_000  # letters: an hour of speech and more; pysubs2 takes their square in time
_NAMED = re.compile(r"([^\W\d_][^:?!.,]{0,39}):\s+(.*)")


def read(text: str) -> tuple[list[Cue], list[int]]:
    """Cues of a SubRip text, and the numbers of lines whose times cannot be read.

    "NAME: words" gives a speaker where more than half of the file's cues are written so.

    Raises:
        BadInput: unreadable_transcript, a cue is longer than any speech.
    """
    sound, broken_lines = take_out_broken(text, _TIMING)
    sound = _short(sound)
    cues = [
        Cue(event.start / 1000, event.end / 1000, plain(event.plaintext))
        for event in pysubs2.SSAFile.from_string(sound, format_="srt")
    ]
    named = [_NAMED.fullmatch(cue.text) for cue in cues]
    if sum(match is not None for match in named) <= len(cues) / 2:
        return cues, broken_lines
    cues = [
        Cue(cue.start_s, cue.end_s, match[2], match[1]) if match else cue
        for cue, match in zip(cues, named, strict=True)
    ]
    return cues, broken_lines


def _short(text: str) -> str:
    """The text without runs of blanks and empty lines, checked for cues of endless length."""
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    short = re.sub(r"\n{3,}", "\n\n", lines)
    longest = max(map(len, short.split("-->")))
    if longest > LONGEST_CUE:
        raise BadInput(
            "unreadable_transcript",
            f"expected cues of at most {LONGEST_CUE} letters, found one of {longest}",
        )
    return short
