r"""Audacity labels: `start<tab>end<tab>text` in seconds; `\` begins a line of frequencies.

https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.fields import number
from daf_core.sources.transcripts.reading.markup import plain

_SAMPLE = 50


def recognises(document: Document) -> bool:
    """Whether the first lines are two times and a label, with tabs between them."""
    lines = [
        line
        for line in document.text[:20_000].split("\n")[:_SAMPLE]
        if line.strip() and not line.startswith("\\")
    ]
    cues = [_cue(line) for line in lines]
    return bool(cues) and cues[0] is not None and sum(map(bool, cues)) * 2 > len(cues)


def read(document: Document) -> Transcript:
    """Labels of an Audacity text as cues. A label at one point of time has no end."""
    cues: list[Cue] = []
    unread: list[str] = []
    for row, line in enumerate(document.text.split("\n"), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        cue = _cue(line)
        if cue is None:
            unread.append(f"line {row}")
        else:
            cues.append(cue)
    return Transcript(cues=cues, unread=unread)


def _cue(line: str) -> Cue | None:
    fields = line.lstrip("\ufeff").split("\t", 2)
    if len(fields) < 2:
        return None
    # Audacity writes the decimal comma of some countries.
    start_s, end_s = (number(field.strip().replace(",", ".")) for field in fields[:2])
    if start_s is None or end_s is None:
        return None
    text = plain(fields[2]) if len(fields) > 2 else ""
    return Cue(text=text, start_s=start_s, end_s=None if end_s == start_s else end_s)
