"""SubRip (.srt). The format has no speakers, but many files write them as "NAME: words"."""

import re

import pysubs2

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, plain, take_out_broken

_CLOCK = r"\d{1,2}:[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?!.*{_CLOCK})")
LONGEST_CUE = 20_000  # letters, over an hour of speech; the time of pysubs2 grows with the square
_NAMED = re.compile(r"([^\W\d_][^:?!.,]{0,39}):\s+(.*)")


def read(text: str) -> tuple[list[Cue], list[int]]:
    """Cues of a SubRip text, and the numbers of lines whose times cannot be read.

    "NAME: words" is read as a speaker if more than half of the file's cues have this form.

    Raises:
        BadInput: `unreadable_transcript`, a cue has more than 20,000 letters.
    """
    readable, broken_lines = take_out_broken(text, _TIMING)
    readable = _collapse_blanks(readable)
    cues = [
        Cue(event.start / 1000, event.end / 1000, plain(event.plaintext))
        for event in pysubs2.SSAFile.from_string(readable, format_="srt")
    ]
    named = [_NAMED.fullmatch(cue.text) for cue in cues]
    if sum(match is not None for match in named) <= len(cues) / 2:
        return cues, broken_lines
    cues = [
        Cue(cue.start_s, cue.end_s, match[2], match[1]) if match else cue
        for cue, match in zip(cues, named, strict=True)
    ]
    return cues, broken_lines


def _collapse_blanks(text: str) -> str:
    """Shorten runs of blanks and of empty lines, and check the length of cues."""
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    collapsed = re.sub(r"\n{3,}", "\n\n", lines)
    longest = max(map(len, collapsed.split("-->")))
    if longest > LONGEST_CUE:
        raise BadInput(
            "unreadable_transcript",
            f"expected cues of at most {LONGEST_CUE} letters, found one of {longest}",
        )
    return collapsed
