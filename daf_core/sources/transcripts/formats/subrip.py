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


def recognises(document: Document) -> bool:
    """Whether a line of the text has two times of SubRip."""
    return any(arrow_times(line) for line in document.text.split("\n"))


def read(document: Document) -> Transcript:
    """Cues of a SubRip text. Lines after an empty one belong to the cue before them."""
    cues: list[Cue] = []
    unread: list[str] = []
    for block in split(document.text.split("\n"), arrow_times, has_arrow):
        lines = without_number(block.lines)
        if block.times is not None:
            cues += cues_of(block.times, "\n".join(lines))
        elif block.number:
            unread.append(f"line {block.number}")
        elif any(line.strip() for line in lines):
            first = next(number for number, line in enumerate(lines, start=1) if line.strip())
            unread.append(f"line {first}")
    return Transcript(cues=cues, unread=unread)
