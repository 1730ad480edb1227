"""Tables of text with separated columns: CSV, TSV, semicolons, bars."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from daf_core.errors import BadInput
from daf_core.sources.table_columns import COLUMNS
from daf_core.sources.table_start import said_separator, titles_before
from daf_core.sources.table_text import Lines, RowTooLarge, TextTable
from daf_core.sources.table_types import LARGEST_ROW, Cells, Rows, Table, check_names

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE_CHARS = 64 << 10
_SAMPLE_ROWS = 100
_READ_AGAIN = 256 << 20  # characters, after quotes that are not closed: bounds the time of a file


def read_csv(file: IO[bytes], expected: str = ",") -> Table:
    """Read a table with a header; `expected` is the separator where the file does not tell.

    A row whose quote is not closed costs its own line: the lines after it are read as rows.

    Raises:
        ValueError: there is no header, or its names cannot be used.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST_ROW))
    table = TextTable(file)
    lines = Lines(table.open(newline=""))
    separator, sample = said_separator(table.sample[:_SAMPLE_CHARS])
    if separator is not None:
        next(lines)
    else:
        whole = table.sample_is_whole and len(table.sample) <= _SAMPLE_CHARS
        separator = find_separator(sample, whole, expected)
    notes = table.notes
    if separator != expected:
        name = SEPARATORS.get(separator, f"{separator!r}")
        notes.append(f"columns are separated by {name}")
    reader = csv.reader(lines, strict=True, delimiter=separator)
    titles = titles_before(_sample_rows(sample, separator))
    header = _header(reader, titles)
    if titles:
        notes.append(f"the names of columns are in line {lines.number}; what is before is left out")
    check_names(header)
    comma = separator == ";"
    return Table(header, _rows(lines, reader, header, separator), tuple(notes), {}, comma)


def find_separator(sample: str, whole: bool, expected: str = ",") -> str:
    """The separator that gives the header the most known names, then rows the most alike.

    sample: the start of the table; whole: it is all of it. `expected` where none gives several
    columns.
    """
    best, best_score = expected, (0, 0.0, 0)
    for separator in SEPARATORS:
        rows = _sample_rows(sample, separator)
        if not whole and len(rows) > 1:
            del rows[-1]  # cut off
        del rows[: titles_before(rows)]
        if not rows or len(rows[0]) < 2:
            continue
        known = sum(name.strip().casefold() in COLUMNS for name in rows[0])
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        score = (known, alike, int(separator == expected))
        if score > best_score:
            best, best_score = separator, score
    return best


def _sample_rows(sample: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows


def _header(reader: Any, titles: int) -> list[str]:
    try:
        header: list[str] = next(islice((row for row in reader if row), titles, None))
    except (csv.Error, RowTooLarge, StopIteration) as err:
        raise ValueError(f"expected a line with the column names, found none {err}") from err
    while len(header) > 1 and not header[-1].strip():  # a separator at the end of each line
        del header[-1]
    return header


def _rows(lines: Lines, reader: Iterator[list[str]], header: list[str], separator: str) -> Rows:
    left = _READ_AGAIN
    while True:
        lines.begin()
        first = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, RowTooLarge) as err:
            cells: Cells | BadInput = BadInput("bad_row", f"expected CSV, cannot be read: {err}")
            closed = False
        else:
            if not fields:  # an empty line
                continue
            cells = _cells(fields, header)
            closed = not _swallowed_rows(lines.row, header, separator)
        if not closed:
            size = sum(map(len, lines.row[1:]))
            if 0 < size <= left:
                left -= size
                lines.give_back(keep=1)
                cells = BadInput("bad_row", "expected CSV, found a quote that is not closed")
            if separator == "\t" and lines.row:
                cells = _without_quotes(lines.row[0], header, cells)
        last = max(first, lines.number)
        yield (f"{first}" if first == last else f"{first}-{last}"), cells


def _cells(fields: list[str], header: list[str]) -> Cells | BadInput:
    if len(fields) > len(header) and not any(map(str.strip, fields[len(header) :])):
        fields = fields[: len(header)]  # separators at the end of the line
    if len(fields) == len(header):
        return dict(zip(header, fields, strict=True))
    return BadInput("bad_row", f"expected {len(header)} fields, found {len(fields)}")


def _swallowed_rows(row: list[str], header: list[str], separator: str) -> bool:
    """Whether the lines within a quoted cell are rows themselves, so that its quote was not meant
    to reach there. With two columns a text of three lines or more with one comma each would be one.
    """
    within = row[1:-1]
    if len(header) < 2 or len(within) < (3 if len(header) == 2 else 1):
        return False
    return all(len(_fields(line, separator)) == len(header) for line in within)


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _without_quotes(line: str, header: list[str], cells: Cells | BadInput) -> Cells | BadInput:
    """The cells of a line whose quotes are letters of the text, as some tools write TSV."""
    fields = line.rstrip("\r\n").split("\t")
    return dict(zip(header, fields, strict=True)) if len(fields) == len(header) else cells
