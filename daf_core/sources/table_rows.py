"""Rows of the user's tables (CSV, JSONL, Parquet), read one at a time.

A row is a pair (place, cells): `place` is file and line ("calls.csv:12"); `cells` maps columns to
values, or is the BadInput that says why this line is not a row. So a broken line costs only itself.
"""

import csv
import hashlib
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from daf_core.errors import BadInput, SettingsError
from daf_core.storage.files import filesystem

Cells = dict[str, Any]
Rows = Iterator[tuple[str, Cells | BadInput]]
_JSONL_ROWS_FOR_COLUMNS = 1_000
_PARQUET_BATCH_ROWS = 4_096
_SURROGATE = re.compile("[\ud800-\udfff]")
MOST_NESTED = 100  # objects within each other: far below where Python fails to recurse


def is_table(uri: str) -> bool:
    """Whether `uri` has the suffix of a table that `open_rows` reads."""
    return _suffix(uri) in _READERS


@contextmanager
def open_rows(uri: str) -> Iterator[tuple[list[str], Rows]]:
    """Open a CSV, JSONL or Parquet table: the names of its columns, and its rows.

    JSONL has no header: its columns are those of its first 1,000 rows.

    Raises:
        SettingsError: there is no such file, or it is not a table.
    """
    fs, path = filesystem(uri)
    if not is_table(uri):
        found = "another kind of file" if fs.exists(path) else "nothing there"
        kinds = ", ".join(_READERS)
        raise SettingsError(f"{uri}: expected a folder or a table ({kinds}), found {found}")
    try:
        file = fs.open(path, "rb")
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: expected a folder or a table, found nothing there") from err
    with file:
        try:
            columns, rows = _READERS[_suffix(uri)](file)
        except (ValueError, OSError, pa.ArrowException) as err:
            raise SettingsError(
                f"{uri}: expected a table, its header cannot be read: {_first_line(err)}"
            ) from err
        yield columns, with_file_names(uri, rows)


def shown_columns(columns: list[str]) -> str:
    """Column names for a message; long ones are left out.

    A table without a header has its first row as names: messages must not repeat its text.
    """
    return ", ".join(name if re.fullmatch(r"\S{1,40}", name) else "…" for name in columns) or "none"


def file_sha256(uri: str) -> str:
    """SHA-256 of a file's bytes, in hex."""
    fs, path = filesystem(uri)
    digest = hashlib.sha256()
    with fs.open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]


def _suffix(uri: str) -> str:
    return os.path.splitext(uri)[1].lower()


def with_file_names(uri: str, rows: Rows) -> Rows:
    """Put the file's name before each place, and mark rows that are not Unicode as bad.

    Raises:
        SettingsError: the file cannot be read to its end.
    """
    place = uri
    while True:
        try:
            where, cells = next(rows)
        except StopIteration:
            return
        except (pa.ArrowException, OSError) as err:
            raise SettingsError(f"{uri}: cannot be read after {place}: {_first_line(err)}") from err
        place = f"{os.path.basename(uri)}:{where}"
        try:
            if not isinstance(cells, BadInput) and not _is_unicode(cells):
                cells = BadInput("bad_encoding", "expected UTF-8, found other bytes")
        except RecursionError:
            cells = BadInput(
                "bad_row", f"expected objects nested at most {MOST_NESTED} deep, found more"
            )
        if isinstance(cells, BadInput):
            cells = BadInput(cells.reason, f"{place}: {cells.message}")
        yield place, cells


def _is_unicode(value: Any, levels: int = MOST_NESTED) -> bool:
    """Whether every text within `value` is valid Unicode, without unpaired surrogates.

    Raises:
        RecursionError: `value` is nested more than `levels` deep.
    """
    if isinstance(value, str):
        return value.isascii() or _SURROGATE.search(value) is None
    if not isinstance(value, dict | list):
        return True
    if not levels:
        raise RecursionError
    within = itertools.chain(value, value.values()) if isinstance(value, dict) else value
    return all(_is_unicode(one, levels - 1) for one in within)


def _csv(file: IO[bytes]) -> tuple[list[str], Rows]:
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader)
    except (csv.Error, StopIteration) as err:
        raise ValueError(f"expected a line with the column names, found none {err}") from err
    _check_names(header)
    return header, _csv_rows(reader, header)


def _check_names(columns: list[str]) -> None:
    if len(set(columns)) < len(columns):
        raise ValueError(f"expected different column names, found {shown_columns(columns)}")
    if not _is_unicode(columns):
        raise ValueError("expected column names in UTF-8, found other bytes")


def _csv_rows(reader: Any, header: list[str]) -> Rows:
    while True:
        first = reader.line_num + 1
        cells: Cells | BadInput
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as err:
            cells = BadInput("bad_row", f"expected CSV, cannot be read: {err}")
        else:
            if not fields:  # an empty line
                continue
            if len(fields) == len(header):
                cells = dict(zip(header, fields, strict=True))
            else:
                cells = BadInput("bad_row", f"expected {len(header)} fields, found {len(fields)}")
        # A quote that is not closed makes several lines one row: name them all.
        last = max(first, reader.line_num)
        yield (f"{first}" if first == last else f"{first}-{last}"), cells


def _jsonl(file: IO[bytes]) -> tuple[list[str], Rows]:
    rows = _jsonl_rows(file)
    head = list(itertools.islice(rows, _JSONL_ROWS_FOR_COLUMNS))
    found = (name for _, cells in head if not isinstance(cells, BadInput) for name in cells)
    return list(dict.fromkeys(found)), itertools.chain(head, rows)


def _jsonl_rows(file: IO[bytes]) -> Rows:
    for number, line in enumerate(file, start=1):
        cells: Cells | BadInput
        try:
            text = line.decode("utf-8-sig")
            if not text.strip():  # an empty line
                continue
            cells = json.loads(text)
        except UnicodeDecodeError:
            cells = BadInput("bad_encoding", "expected UTF-8, found other bytes")
        except (ValueError, RecursionError) as err:
            where = f" at column {err.colno}" if isinstance(err, json.JSONDecodeError) else ""
            cells = BadInput("bad_row", f"expected one JSON object per line, found no JSON{where}")
        if not isinstance(cells, dict | BadInput):
            kind = type(cells).__name__
            cells = BadInput("bad_row", f"expected one JSON object per line, found a {kind}")
        yield str(number), cells


def _parquet(file: IO[bytes]) -> tuple[list[str], Rows]:
    parquet = pq.ParquetFile(file)  # raises ArrowInvalid, a ValueError
    columns = parquet.schema_arrow.names
    _check_names(columns)
    return columns, _parquet_rows(parquet)


def _parquet_rows(parquet: pq.ParquetFile) -> Rows:
    batches = parquet.iter_batches(_PARQUET_BATCH_ROWS)
    rows = (cells for batch in batches for cells in batch_rows(batch))
    for number, cells in enumerate(rows, start=1):
        yield f"row {number}", cells


def batch_rows(batch: pa.RecordBatch) -> list[Cells] | list[Cells | BadInput]:
    """The rows of an Arrow batch, each as its cells, or why a cell has no value."""
    try:
        rows: list[Cells] = batch.to_pylist()
    except (ValueError, OverflowError):
        return [_parquet_cells(batch.slice(number, 1)) for number in range(len(batch))]
    return rows


def _parquet_cells(row: pa.RecordBatch) -> Cells | BadInput:
    """A table of one row as cells, read one by one to know which of them cannot be read."""
    cells = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            cells[name] = column[0].as_py()
        except UnicodeDecodeError:
            return BadInput("bad_encoding", f"{name}: expected UTF-8, found other bytes")
        except (ValueError, OverflowError):
            return BadInput(
                "bad_row",
                f"{name}: expected a {column.type} that Python can represent, found one it cannot",
            )
    return cells


_READERS: dict[str, Callable[[IO[bytes]], tuple[list[str], Rows]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
