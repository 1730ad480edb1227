"""Tables as CSV, JSON Lines and XLSX, row by row, so that memory does not grow with them."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import IO, TypeAlias

import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from daf_core.errors import SettingsError
from daf_core.export.cells import Cell, as_json, cell, safe_cell
from daf_core.report.printable import inert_json

SHEET_ROWS = 1_048_576  # that a sheet of XLSX holds, with the row of names
NARROWEST, WIDEST = 9, 24  # columns of a sheet, in letters
WIDTHS = {"text": 60, "recording_id": 28}
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
    """Write a workbook with a sheet for each table; returns how many rows each has.

    Raises:
        SettingsError: a table has more rows than a sheet holds.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    counts = {}
    with xlsxwriter.Workbook(file, options | {"nan_inf_to_errors": True}) as book:
        bold = book.add_format({"bold": True})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, batches in tables:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            names, rows = _table(batches)
            for column, one in enumerate(names):
                sheet.write_string(0, column, str(cell(one)), bold)
                width = WIDTHS.get(one, min(max(NARROWEST, len(str(one)) + 3), WIDEST))
                sheet.set_column(column, column, width)
            counts[name] = _fill(sheet, name, rows, days, times)
            sheet.autofilter(0, 0, counts[name], len(names) - 1)
    return counts


def _fill(
    sheet: Worksheet, name: str, rows: Iterable[tuple[Cell, ...]], days: Format, times: Format
) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count == SHEET_ROWS:
            raise SettingsError(
                f"{name}: expected at most {SHEET_ROWS - 1:,} rows, which a sheet of XLSX holds, "
                f"found more; export csv or jsonl"
            )
        for column, value in enumerate(row):
            found = cell(value)
            if isinstance(found, date) and found.year < FIRST_YEAR:
                found = str(found)
            if isinstance(found, str):
                sheet.write_string(count, column, found[:CELL_LETTERS])
            elif isinstance(found, date):
                form = times if isinstance(found, datetime) else days
                sheet.write_datetime(count, column, found, form)
            elif found is not None:
                sheet.write(count, column, found)
    return count


def _table(batches: Batches) -> tuple[list[str], Iterator[tuple[Cell, ...]]]:
    """Names of the columns, and the rows."""
    waiting = iter(batches)
    first = next(waiting)
    return first.schema.names, _rows(chain([first], waiting))


def _rows(batches: Batches) -> Iterator[tuple[Cell, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
