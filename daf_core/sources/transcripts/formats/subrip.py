"""SubRip (.srt), and other text whose lines of times have an arrow, such as Whisper prints."""

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.blocks import (
    arrow_times,
    cues_of,
    has_arrow,
    split,
    without_number,
)
from daf_core.sources.transcripts.reading.name_lines import with_names_above, with_names_below


def recognises(document: Document) -> bool:
    """Whether a line of the text has two times of SubRip."""
    return any(arrow_times(line) for line in document.in_seconds.split("\n"))


def read(document: Document) -> Transcript:
    """Cues of a SubRip text. Lines after an empty one belong to the cue before them.

    Names of speakers may stand on lines of their own (`reading.name_lines`).
    """
    cues: list[Cue] = []
    unread: list[str] = []
    head: list[str] = []
    for block in split(document.in_seconds.split("\n"), arrow_times, has_arrow):
        lines = without_number(block.lines)
        if block.times is not None:
            cues += cues_of(block.times, "\n".join(lines))
        elif block.number:
            unread.append(f"line {block.number}")
        else:
            head = lines
    rows = [row for row, line in enumerate(head, start=1) if line.strip()]
    named = with_names_above(cues, head[rows[-1] - 1]) if rows else None
    lost = rows[:-1] if named else rows
    return Transcript(
        cues=named or with_names_below(cues), unread=[f"line {row}" for row in lost[:1]] + unread
    )
