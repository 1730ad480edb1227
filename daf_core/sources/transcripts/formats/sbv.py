"""SubViewer as YouTube writes it (.sbv): `0:00:01.000,0:00:02.000`, then the text."""

import re

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.blocks import Times, cues_of, split
from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.reading.name_lines import with_names_below

_CLOCK = r"\d{1,8}:\d{1,2}(?::\d{1,2})?\.\d{1,8}"
_TIMES = re.compile(rf"({_CLOCK}) ?, ?({_CLOCK})\s*")
_LIKE_TIMES = re.compile(r"[\d:.]{4,24} ?, ?[\d:.]{4,24}\s*")


def recognises(document: Document) -> bool:
    """Whether the first line that is not empty has two times with a comma between them."""
    first = document.text[:1000].lstrip("\ufeff \t\n").split("\n", 1)[0]
    return _times(first) is not None


def read(document: Document) -> Transcript:
    """Cues of an SBV text; `[br]` is a line break."""
    cues: list[Cue] = []
    unread: list[str] = []
    lines = document.text.lstrip("\ufeff").split("\n")
    for block in split(lines, _times, lambda line: bool(_LIKE_TIMES.fullmatch(line))):
        if block.times is not None:
            cues += cues_of(block.times, "\n".join(block.lines).replace("[br]", "\n"))
        elif block.number:
            unread.append(f"line {block.number}")
    return Transcript(cues=with_names_below(cues), unread=unread)


def _times(line: str) -> Times | None:
    found = _TIMES.fullmatch(line)
    if found is None:
        return None
    start_s, end_s = seconds(found[1]), seconds(found[2])
    return None if start_s is None or end_s is None else Times(start_s, end_s, "")
