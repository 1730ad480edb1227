"""Rows of foreign tables (CSV, JSONL, Parquet), one at a time, so that a broken line is just that.

A row comes as (place, cells): place says where ("calls.csv:12"), cells is a dict by column, or the
BadInput that says why this line is no row.
"""

import csv
import hashlib
import io
import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from daf_core.errors import BadInput, SettingsError
from daf_core.tables import filesystem

Cells = dict[str, Any]
Rows = Iterator[tuple[str, Cells | BadInput]]
_JSONL_ROWS_FOR_COLUMNS = 1_000
_PARQUET_BATCH_ROWS = 4_096


def is_table(uri: str) -> bool:
    """Whether `uri` has the suffix of a table that `open_rows` reads."""
    return _suffix(uri) in _READERS


@contextmanager
def open_rows(uri: str) -> Iterator[tuple[list[str], Rows]]:
    """Open a CSV, JSONL or Parquet table: the names of its columns, and its rows.

    JSONL has no header: its columns are those of its first 1,000 rows.

    Raises:
        SettingsError: there is no such table, or it is not one at all.
    """
    if not is_table(uri):
        raise SettingsError(f"{uri}: expected a folder or a table ({', '.join(_READERS)})")
    fs, path = filesystem(uri)
    try:
        file = fs.open(path, "rb")
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: expected a folder or a table, found nothing there") from err
    with file:
        try:
            columns, rows = _READERS[_suffix(uri)](file)
        except (ValueError, StopIteration) as err:
            raise SettingsError(f"{uri}: expected a table, cannot read its head: {err}") from err
        yield columns, _placed(uri, rows)


def file_sha256(uri: str) -> str:
    """SHA-256 of a file's bytes, in hex."""
    fs, path = filesystem(uri)
    digest = hashlib.sha256()
    with fs.open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _suffix(uri: str) -> str:
    return os.path.splitext(uri)[1].lower()


def _placed(uri: str, rows: Rows) -> Rows:
    place = uri
    while True:
        try:
            where, cells = next(rows)
        except StopIteration:
            return
        except (pa.ArrowInvalid, OSError) as err:
            raise SettingsError(f"{uri}: cannot be read after {place}: {err}") from err
        place = f"{os.path.basename(uri)}:{where}"
        if not isinstance(cells, BadInput) and not _is_unicode(cells):
            cells = BadInput("bad_encoding", "expected UTF-8")
        if isinstance(cells, BadInput):
            cells = BadInput(cells.reason, f"{place}: {cells.message}")
        yield place, cells


def _is_unicode(cells: Cells) -> bool:
    try:
        for value in cells.values():
            if isinstance(value, str):
                value.encode()
    except UnicodeEncodeError:  # bytes that were no UTF-8, or half a surrogate pair from JSON
        return False
    return True


def _csv(file: IO[bytes]) -> tuple[list[str], Rows]:
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader)
    except (csv.Error, StopIteration) as err:
        raise ValueError(f"no line with the names of the columns {err}") from err
    if len(set(header)) < len(header):
        raise ValueError(f"a column comes twice: {', '.join(header)}")
    return header, _csv_rows(reader, header)


def _csv_rows(reader: Any, header: list[str]) -> Rows:
    while True:
        first = reader.line_num + 1
        cells: Cells | BadInput
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as err:
            cells = BadInput("bad_row", f"broken CSV: {err}")
        else:
            if not fields:  # an empty line
                continue
            if len(fields) == len(header):
                cells = dict(zip(header, fields, strict=True))
            else:
                cells = BadInput("bad_row", f"expected {len(header)} fields, found {len(fields)}")
        # An open quote swallows lines: say which.
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
            cells = json.loads(text) if text.strip() else {}
        except UnicodeDecodeError:
            cells = BadInput("bad_encoding", "expected UTF-8")
        except (ValueError, RecursionError) as err:
            where = f" at column {err.colno}" if isinstance(err, json.JSONDecodeError) else ""
            cells = BadInput("bad_row", f"expected one JSON object a line, found no JSON{where}")
        if not isinstance(cells, dict | BadInput):
            kind = type(cells).__name__
            cells = BadInput("bad_row", f"expected one JSON object a line, found a {kind}")
        if cells:
            yield str(number), cells


def _parquet(file: IO[bytes]) -> tuple[list[str], Rows]:
    parquet = pq.ParquetFile(file)  # raises ArrowInvalid, a ValueError
    return parquet.schema_arrow.names, _parquet_rows(parquet)


def _parquet_rows(parquet: pq.ParquetFile) -> Rows:
    batches = parquet.iter_batches(_PARQUET_BATCH_ROWS)
    rows = (cells for batch in batches for cells in batch.to_pylist())
    for number, cells in enumerate(rows, start=1):
        yield f"row {number}", cells


_READERS: dict[str, Callable[[IO[bytes]], tuple[list[str], Rows]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
