"""Tables and corpora, read apart: one that ends its reader ends the command in a line."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import chain
from typing import Any, TypeVar

from daf_core.errors import BadInput, SettingsError
from daf_core.sources import corpora
from daf_core.sources.table_rows import TABLE_SUFFIXES, is_table, open_rows
from daf_core.sources.table_types import Cells, Rows, Table
from daf_core.storage.apart import Ended, Reads, here
from daf_core.storage.files import exists

T = TypeVar("T")
_ROWS, _CHARACTERS = 256, 1 << 20  # that are handed over at once
_Batch = list[tuple[str, Cells | BadInput]]


@contextmanager
def open_given(setting: str, uri: str, reads: Reads = here) -> Iterator[Table]:
    """Open the table that a setting names, as `open_table`; messages say which setting.

    Raises:
        SettingsError: there is no such file, it is not a table, or it ends its reader.
    """
    expected = f"expected a table ({', '.join(TABLE_SUFFIXES)})"
    if not exists(uri):
        raise SettingsError(f"`{setting}` {uri}: no such file; {expected}")
    if not is_table(uri):
        suffix = os.path.splitext(uri)[1].lower()
        found = f"a file {suffix}; save it as .csv" if suffix else "a folder, or no suffix"
        raise SettingsError(f"`{setting}` {uri}: {expected}, found {found}")
    with open_table(uri, reads, f"`{setting}` {uri}") as table:
        yield table


@contextmanager
def open_table(uri: str, reads: Reads, called: str = "") -> Iterator[Table]:
    """As `open_rows`. Raises also SettingsError: the table ends its reader."""
    called = called or uri
    (table,) = _told(called, reads, _head, uri, called)
    batches = _told(called, reads, _batches, uri)
    yield replace(table, rows=chain.from_iterable(batches))


def open_corpus(uri: str, reads: Reads) -> AbstractContextManager[Table]:
    """The rows of a labelled corpus. The first are read at once, so that what is no corpus is
    refused before any work. Raises as `open_table`.
    """
    batches = iter(_told(uri, reads, _batches_of_corpus, uri))
    first = next(batches, [])
    return nullcontext(Table(corpora.COLUMNS, chain(first, chain.from_iterable(batches))))


def _told(called: str, reads: Reads, read: Callable[..., Iterable[T]], *given: Any) -> Iterator[T]:
    try:
        yield from reads(read, *given)
    except Ended as err:
        raise SettingsError(f"{called}: {err.message}") from err


def _head(uri: str, called: str) -> Iterator[Table]:
    """A table without its rows."""
    with open_rows(uri, called) as table:
        yield replace(table, rows=iter(()))


def _batches(uri: str) -> Iterator[_Batch]:
    with open_rows(uri) as table:
        yield from _in_batches(table.rows)


def _batches_of_corpus(uri: str) -> Iterator[_Batch]:
    read = corpora.reader_of(uri)
    if read is None:
        raise SettingsError(f"{uri}: expected a corpus, found that its files have changed")
    yield from _in_batches(read(uri))


def _in_batches(rows: Rows) -> Iterator[_Batch]:
    batch: _Batch = []
    characters = 0
    for place, cells in rows:
        batch.append((place, cells))
        characters += _size(cells)
        if len(batch) == _ROWS or characters > _CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _size(cells: Cells | BadInput) -> int:
    if isinstance(cells, BadInput):
        return 0
    return sum(len(cell) for cell in cells.values() if isinstance(cell, str | list | dict))
