"""Tables as CSV, JSON Lines and XLSX, row by row, so that memory does not grow with them."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import IO, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from daf_core.errors import SettingsError
from daf_core.export.cells import Cell, as_json, cell, safe_cell
from daf_core.report.printable import inert_json

SHEET_ROWS = 1_048_576  # that a sheet of XLSX holds, with the row of names
NARROWEST, WIDEST = 9, 24  # columns of a sheet, in letters
WIDTHS = {"text": 60, "recording_id": 28, "columns": 56, "what they say": 120}
CELL_LETTERS = 32_767  # that a cell of XLSX holds
FIRST_YEAR = 1900  # that a date of XLSX has; earlier ones are text

Batches: TypeAlias = Iterable[pa.RecordBatch]  # one at least, of the same columns


def write_csv(batches: Batches, file: IO[str]) -> int:
    """Write a CSV file in which no text is a formula; returns how many rows it has."""
    writer = csv.writer(file, lineterminator="\n")
    names, rows = _table(batches)
    writer.writerow([safe_cell(name) for name in names])
    count = 0
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        count += 1
    return count


def write_json_lines(batches: Batches, file: IO[str]) -> int:
    """Write a JSON object a line; returns how many."""
    names, rows = _table(batches)
    count = 0
    for row in rows:
        count += 1
        file.write(f"{inert_json(as_json(dict(zip(names, row, strict=True))))}\n")
    return count


def write_xlsx(tables: Iterable[tuple[str, Batches]], file: IO[bytes]) -> dict[str, int]:
    """Write a workbook with a sheet for each table, whose first row stays in sight and can filter;
    numbers that are no integers are shown with two decimals. Returns how many rows each has.

    Raises:
        SettingsError: a table has more rows than a sheet holds.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    counts = {}
    with xlsxwriter.Workbook(file, options | {"nan_inf_to_errors": True}) as book:
        bold = book.add_format({"bold": True})
        forms = {
            float: book.add_format({"num_format": "0.00"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        for name, batches in tables:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            names, rows = _table(batches)
            for column, one in enumerate(names):
                sheet.write_string(0, column, str(cell(one)), bold)
                width = WIDTHS.get(one, min(max(NARROWEST, len(str(one)) + 3), WIDEST))
                sheet.set_column(column, column, width)
            counts[name] = _fill(sheet, name, rows, forms)
            sheet.autofilter(0, 0, counts[name], len(names) - 1)
    return counts


def _fill(
    sheet: Worksheet, name: str, rows: Iterable[tuple[Cell, ...]], forms: Mapping[type, Format]
) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count == SHEET_ROWS:
            raise SettingsError(
                f"{name}: expected at most {SHEET_ROWS - 1:,} rows, which a sheet of XLSX holds, "
                f"found more; export csv or jsonl"
            )
        for column, value in enumerate(row):
            found = cell(_listed(value))
            if isinstance(found, date) and found.year < FIRST_YEAR:
                found = str(found)
            if isinstance(found, str):
                sheet.write_string(count, column, found[:CELL_LETTERS])
            elif isinstance(found, date):
                sheet.write_datetime(count, column, found, forms[type(found)])
            elif isinstance(found, float):
                sheet.write(count, column, found, forms[float])
            elif found is not None:
                sheet.write(count, column, found)
    return count


def _listed(value: Any) -> Any:
    """Several texts as people list them, other values as they are."""
    several = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return ", ".join(value) if several else value


def _table(batches: Batches) -> tuple[list[str], Iterator[tuple[Cell, ...]]]:
    """Names of the columns, and the rows."""
    waiting = iter(batches)
    first = next(waiting)
    return first.schema.names, _rows(chain([first], waiting))


def _rows(batches: Batches) -> Iterator[tuple[Cell, ...]]:
    for batch in batches:
        yield from zip(*map(_values, batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    """The values of a column; of float32 the shortest number that stands for it, no more digits."""
    if not pa.types.is_float32(column.type):
        values: list[Any] = column.to_pylist()
        return values
    shown = pc.cast(column, pa.string()).to_pylist()
    return [None if one is None else float(one) for one in shown]
