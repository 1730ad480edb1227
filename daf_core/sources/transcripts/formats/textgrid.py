"""Praat TextGrid, long and short.

Praat reads numbers, quoted strings and flags that stand free, and takes all else for comments; so
does this reader, as the two forms then are one:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

import math
import re
from collections.abc import Iterator
from itertools import pairwise

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.tiers import Interval, Tier, cues_of

# A string in quotes (a quote within it is doubled), or a word; "!" comments out the rest of a line.
_TOKEN = re.compile(r'"([^"]*(?:""[^"]*)*)"?|(![^\n]*)|([^\s"!][^\s"]*)')
_INTERVALS, _POINTS = "IntervalTier", "TextTier"


def recognises(document: Document) -> bool:
    """Whether the head names the class TextGrid."""
    head = document.text[:300].lstrip("\ufeff \t\n")
    return (head.startswith("File type") and "TextGrid" in head) or head.startswith('"ooTextFile')


def read(document: Document) -> Transcript:
    """Intervals of the tiers of a TextGrid, as cues. Points have no duration and are no speech.

    Raises:
        BadInput: `unreadable_transcript`: the text is no TextGrid.
    """
    values = list(_values(document.text))
    tiers: list[Tier] = []
    unread: list[str] = []
    starts = [at for at, value in enumerate(values) if _is_class(value)]
    if not starts:
        raise BadInput("unreadable_transcript", "expected a TextGrid with tiers, found none")
    for number, (start, end) in enumerate(pairwise([*starts, len(values)]), 1):
        tier, whole = _tier(values[start + 1 : end], values[start])
        if not whole:
            unread.append(f"tier {number}")
        if tier is not None:
            tiers.append(tier)
    return Transcript(cues=cues_of(tiers), unread=unread)


class _Quoted(str):
    """A string that stands in quotes."""


_Values = list["_Quoted | float"]


def _is_class(value: _Quoted | float) -> bool:
    return isinstance(value, str) and value in (_INTERVALS, _POINTS)


def _values(text: str) -> Iterator[_Quoted | float]:
    """The strings and free-standing numbers of a text, in order."""
    for found in _TOKEN.finditer(text):
        if found[3] is not None:
            try:
                value = float(found[3].rpartition("=")[2])
            except ValueError:
                continue
            if math.isfinite(value):
                yield value
        elif found[2] is None:
            yield _Quoted(found[1].replace('""', '"'))


def _tier(values: _Values, kind: _Quoted | float) -> tuple[Tier | None, bool]:
    """A tier of intervals, None if it has points; and whether all that it should hold is there.

    values: name, start, end, number of intervals; then start, end and text of each.
    """
    if len(values) < 4 or not isinstance(values[0], str) or isinstance(values[3], str):
        return None, False
    if kind != _INTERVALS:
        return None, True
    rows = [values[at : at + 3] for at in range(4, len(values), 3)]
    intervals: list[Interval] = []
    for row in rows:
        if [isinstance(value, str) for value in row] != [False, False, True]:
            break
        intervals.append(Interval(float(row[0]), float(row[1]), str(row[2])))
    return Tier(values[0], intervals), len(intervals) == len(rows) == values[3]
