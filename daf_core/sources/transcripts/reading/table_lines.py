"""The rows of a delimited table, each with its line; one broken row does not cost another."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from daf_core.errors import BadInput
from daf_core.sources.transcripts.document import LARGEST_BYTES
from daf_core.sources.transcripts.reading.json_fields import MOST_ENTRIES, Fields

MOST_LINES = 50  # of one row, whose quotes may hold line ends
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_STARTS_ROW = re.compile(r'\s*"?[\d:.,]+"?\s*')


class Row(NamedTuple):
    """A row: where it is, and its cells by name; no cells where it cannot be read."""

    place: str
    fields: Fields


def rows_of(lines: Sequence[str], first: int, delimiter: str, names: Sequence[str]) -> list[Row]:
    """The rows from line `first` (from 0) on.

    Text in the last column may hold the delimiter, as people forget quotes. Tabs part cells also
    within quotes: whisper writes quotes as they are spoken.

    Raises:
        BadInput: `unreadable_transcript`: there are more than 1,000,000 lines.
    """
    if len(lines) > MOST_ENTRIES:
        raise BadInput(
            "unreadable_transcript", f"expected at most {MOST_ENTRIES} lines, found {len(lines)}"
        )
    csv.field_size_limit(LARGEST_BYTES)  # of the process: a cell may hold all of a document
    rows = []
    at = first
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        cells, used = _cells_from(lines, at, delimiter)
        if len(cells) > len(names) and used == 1:
            last = len(names) - 1
            tail = cells_of(lines[at], delimiter, skip_blanks=False)[last:]
            cells = [*cells[:last], delimiter.join(tail)]
        found = dict(zip(names, cells, strict=True)) if len(cells) == len(names) else {}
        rows.append(Row(f"line {at + 1}", Fields(found)))
        at += used
    return rows


def cells_of(line: str, delimiter: str, skip_blanks: bool = True) -> list[str]:
    """The cells of one line, without their quotes; without blanks before them, if asked."""
    if delimiter == "\t":
        cells = line.split(delimiter)
        return [m[1].replace('""', '"') if (m := _QUOTED.fullmatch(one)) else one for one in cells]
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=skip_blanks), [])
    except csv.Error:
        return []


def _cells_from(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the row that starts at a line, and the number of its lines.

    A quote that is never closed would take in the rows that follow: such a row is one line.
    """
    line = lines[at]
    if delimiter == "\t" or line.count('"') % 2 == 0:
        return cells_of(line, delimiter), 1
    end = min(at + MOST_LINES, len(lines))
    block = (f"{lines[number]}\n" for number in range(at, end))
    try:
        reader = csv.reader(block, delimiter=delimiter, skipinitialspace=True, strict=True)
        cells = next(reader)
    except csv.Error:
        return cells_of(line, delimiter), 1
    within = lines[at + 1 : at + reader.line_num]
    if any(_STARTS_ROW.fullmatch(one.split(delimiter, 1)[0]) for one in within if delimiter in one):
        return cells_of(line, delimiter), 1
    return cells, reader.line_num
