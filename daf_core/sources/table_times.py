"""Which columns of a table are the start, the end and the duration of a row, and in which unit.

A row whose times are not found would be its whole recording, so that names are known widely: those
of `headings` that say a start or an end outright. `from`, `to`, `time` and the like are as often
something else in a table.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from daf_core.errors import BadInput
from daf_core.sources.cells import is_empty, parse_cell
from daf_core.sources.table_types import Cells, shown_columns
from daf_core.sources.transcripts.reading.headings import Headings, headings
from daf_core.sources.transcripts.reading.times import number

START, END = "start_s", "end_s"
_OUTRIGHT = re.compile(r"start|begin|onset|offset|tmin|end|stop|tmax|dur(?![a-z])|duration", re.I)
_DIGITS = 6  # of a second: where binary fractions of milliseconds end


@dataclass(frozen=True)
class Times:
    """How the times of a row are read.

    ours: the table's name of a column → start_s or end_s; per_second: start_s, end_s or the name
    of the duration → 1000 where it is in milliseconds; duration: the column that is added to the
    start where there is no end; notes: what was taken for what, one line each.
    """

    ours: Mapping[str, str]
    per_second: Mapping[str, float]
    duration: str | None
    notes: tuple[str, ...]

    def in_seconds(self, cells: Cells) -> Cells:
        """The cells of a row, by our names, with start_s and end_s in seconds.

        Raises:
            BadInput: `bad_time`: the start or the duration is no time, and there are no words.
        """
        found = dict(cells)
        for name, per_second in self.per_second.items():
            if (value := number(found.get(name))) is not None:
                found[name] = round(value / per_second, _DIGITS)
        if self.duration is None:
            return found
        cell = found.pop(self.duration, None)
        try:
            start = parse_cell(START, found.get(START))
            length = parse_cell(self.duration, cell, END)
        except BadInput:
            if is_empty(found.get("text")):
                raise
            return {**found, END: cell}  # which the row's checks find, and keep the words
        known = [one for one in (start, length) if one is not None]
        if length is not None:  # by itself it is half of a span, which the row's checks name
            found[END] = round(sum(known), _DIGITS)
        return found


def find_times(
    columns: Collection[str], taken: Collection[str], types: Mapping[str, pa.DataType]
) -> Times:
    """Find the times among `columns`, names as in the file, of which none is in `taken`.

    taken: our names of columns that are known already. Times are found where there is a start with
    an end or a duration; a start or an end alone says nothing, and is told.
    """
    named = headings(name for name in columns if _OUTRIGHT.search(name))
    start, end = (
        None if ours in taken else named.get(what)
        for what, ours in (("start", START), ("end", END))
    )
    has_start, has_end = start is not None or START in taken, end is not None or END in taken
    duration = named.get("duration") if has_start and not has_end else None
    if not has_start or (not has_end and duration is None):
        return Times({}, {}, None, _alone(named, taken))
    ours = {one.name: name for one, name in ((start, START), (end, END)) if one is not None}
    if duration is not None:
        ours[duration.name] = duration.name
    units = {
        ours[one.name]: one.per_second
        for one in (start, end, duration)
        if one is not None and one.per_second not in (None, 1) and not _is_duration(types, one.name)
    }
    notes = [
        f'column "{theirs}" is read as "{name}"{_unit(units.get(name))}'
        for theirs, name in ours.items()
        if duration is None or theirs != duration.name
    ]
    if duration is not None:
        notes.append(
            f'"{END}" is the start and column "{duration.name}"{_unit(units.get(duration.name))}'
        )
        del ours[duration.name]
    return Times(
        ours,
        {name: per_second for name, per_second in units.items() if per_second is not None},
        None if duration is None else duration.name,
        tuple(notes),
    )


def _alone(named: Headings, taken: Collection[str]) -> tuple[str, ...]:
    """A line where a table has a start or an end without the other."""
    if {START, END} & {*taken}:
        return ()  # each row says so
    alone = [named[what].name for what in ("start", "end") if what in named]
    if not alone:
        return ()
    return (
        f"column {shown_columns(alone)} is not read as a time: expected a start with an end or a "
        f"duration, found one of them; each row is its whole recording",
    )


def _unit(per_second: float | None) -> str:
    return "" if per_second in (None, 1) else ", in milliseconds"


def _is_duration(types: Mapping[str, pa.DataType], name: str) -> bool:
    """Whether a column has times as a type of its own, which are in seconds when they are read."""
    kind: Any = types.get(name)
    return kind is not None and bool(pa.types.is_duration(kind))
