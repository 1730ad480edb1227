"""Rows of the user's tables (CSV and the like, JSON, Parquet), read one at a time.

A row is a pair (place, cells): `place` is file and line ("calls.csv:12"); `cells` maps columns to
values, or is the BadInput that says why this line is not a row. So a broken line costs only itself.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import IO

import pyarrow as pa

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.table_csv import read_csv
from daf_core.sources.table_json import read_json
from daf_core.sources.table_parquet import read_parquet
from daf_core.sources.table_types import MOST_NESTED, Rows, Table, is_unicode
from daf_core.storage.files import filesystem

_READERS: dict[str, Callable[[IO[bytes]], Table]] = {
    ".csv": read_csv,
    ".tsv": partial(read_csv, expected="\t"),
    ".tab": partial(read_csv, expected="\t"),
    ".txt": partial(read_csv, expected="\t"),
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".json": read_json,
    ".parquet": read_parquet,
}
TABLE_SUFFIXES = tuple(_READERS)


def is_table(uri: str) -> bool:
    """Whether `uri` has the suffix of a table that `open_rows` reads."""
    return _suffix(uri) in _READERS


@contextmanager
def open_rows(uri: str, called: str = "") -> Iterator[Table]:
    """Open a table: the names of its columns, and its rows.

    JSON has no header: its columns are those of its first 1,000 rows.

    Args:
        called: what messages call it; else `uri`.

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
            table = _READERS[_suffix(uri)](file)
        except (ValueError, OSError, pa.ArrowException) as err:
            raise SettingsError(
                f"{called or uri}: expected a table, its header cannot be read: {_first_line(err)}"
            ) from err
        yield replace(table, rows=with_file_names(uri, table.rows))


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
            if not isinstance(cells, BadInput) and not is_unicode(cells):
                cells = BadInput("bad_encoding", "expected UTF-8, found other bytes")
        except RecursionError:
            cells = BadInput(
                "bad_row", f"expected objects nested at most {MOST_NESTED} deep, found more"
            )
        if isinstance(cells, BadInput):
            cells = BadInput(cells.reason, f"{place}: {cells.message}")
        yield place, cells
