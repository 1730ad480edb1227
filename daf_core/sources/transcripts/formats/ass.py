"""Advanced SubStation Alpha (.ass, .ssa): lines `Dialogue: ` with the columns that `Format:` names.

http://www.tcax.org/docs/ass-specs.htm
"""

import re

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.reading.markup import plain

_DRAWING = re.compile(r"\{[^{}]{0,200}\\p[1-9]")
_EVENTS = "[events]"
_COLUMNS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_SAMPLE = 100_000  # characters before the first line of words


def recognises(document: Document) -> bool:
    """Whether the text begins with a section in brackets, and has lines of dialogue."""
    start = document.text[:_SAMPLE].lstrip("\ufeff \t\n")
    return start[:1] == "[" and ("\nDialogue:" in start or _EVENTS in start.lower())


def read(document: Document) -> Transcript:
    """One cue per line of dialogue, in the order of the file; the name is the speaker."""
    names = _names(_COLUMNS)
    events = False
    cues: list[Cue] = []
    unread: list[str] = []
    for row, line in enumerate(document.text.split("\n"), start=1):
        kind, _, rest = line.partition(":")
        if line.startswith("["):
            events = line.strip().lower() == _EVENTS
        elif kind == "Format" and events and "text" in (given := _names(rest)):
            names = given
        elif kind == "Dialogue":
            cue = _cue(rest, names)
            if cue is None:
                unread.append(f"line {row}")
            elif cue.text:
                cues.append(cue)
    return Transcript(cues=cues, unread=unread)


def _names(line: str) -> list[str]:
    """The columns; words may hold commas, so that they are the last."""
    names = [name.strip().lower() for name in line.split(",")]
    return names[: names.index("text") + 1] if "text" in names else names


def _cue(line: str, names: list[str]) -> Cue | None:
    cells = line.split(",", len(names) - 1)
    if len(cells) != len(names):
        return None
    found = dict(zip(names, cells, strict=True))
    start_s, end_s = (seconds(found.get(name, "")) for name in ("start", "end"))
    if start_s is None or end_s is None:
        return None
    if _DRAWING.search(found["text"]):
        return Cue(text="", start_s=start_s, end_s=end_s)
    text = plain(found["text"].replace("\\n", "\n").replace("\\h", " "))
    speaker = found.get("name", found.get("actor", ""))
    return Cue(text=text, start_s=start_s, end_s=end_s, speaker=plain(speaker) or None)
