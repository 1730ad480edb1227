"""SubRip (.srt)."""

import re

import pysubs2

from daf_core.errors import BadInput
from daf_core.sources.transcripts.blocks import plain, take_out_broken
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document

_CLOCK = r"\d{1,2}:[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?!.*{_CLOCK})")
LONGEST_CUE = 20_000  # letters, over an hour of speech; the time of pysubs2 grows with the square


def recognises(document: Document) -> bool:
    """Whether a line of the text has two times of SubRip."""
    return any(_TIMING.match(line) for line in document.text.split("\n"))


def read(document: Document) -> Transcript:
    """Cues of a SubRip text.

    Raises:
        BadInput: `unreadable_transcript`, a cue has more than 20,000 letters.
    """
    readable, broken = take_out_broken(document.text, _TIMING)
    subtitles = pysubs2.SSAFile.from_string(_collapse_blanks(readable), format_="srt")
    cues = [
        Cue(text=plain(event.plaintext), start_s=event.start / 1000, end_s=event.end / 1000)
        for event in subtitles
    ]
    return Transcript(cues=cues, unread=[f"line {number}" for number in broken])


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
