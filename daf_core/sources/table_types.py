"""What an opened table of the user is: its columns, its rows, and what had to be guessed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from daf_core.errors import BadInput, SettingsError

Cells = dict[str, Any]
Rows = Iterator[tuple[str, Cells | BadInput]]
LARGEST_ROW = 64 << 20  # characters: above any transcript of a recording, below what hurts memory
MOST_NESTED = 100  # objects within each other: far below where Python fails to recurse
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN = re.compile(r"\S{1,40}")


@dataclass(frozen=True)
class Table:
    """An open table.

    columns: their names as in the file; rows: pairs (place, cells), as `table_rows` says; notes:
    what was guessed, such as the separator, one line each; types: column → Arrow type, where the
    file has types; decimal_comma: whether 2,5 is a number.
    """

    columns: list[str]
    rows: Rows
    notes: tuple[str, ...] = ()
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    decimal_comma: bool = False


class StoredAudio(NamedTuple):
    """A cell that holds a recording: the path it had when it was stored, and its row from 0.

    The bytes stay in the file until they are decoded.
    """

    path: str | None
    row: int


def check_names(columns: list[str]) -> None:
    """Check the column names of a table.

    Raises:
        ValueError: two are alike, or one is not Unicode.
    """
    if len(set(columns)) < len(columns):
        raise ValueError(f"expected different column names, found {shown_columns(columns)}")
    if not is_unicode(columns):
        raise ValueError("expected column names in UTF-8, found other bytes")


def check_columns(table: Table, uri: str, needed: Iterable[str]) -> None:
    """Check that the table at `uri` has the columns that a corpus's form says.

    Raises:
        SettingsError: it lacks one.
    """
    if missing := [name for name in needed if name not in table.columns]:
        raise SettingsError(
            f"{uri}: expected a column {', '.join(missing)}, found {shown_columns(table.columns)}"
        )


def shown_columns(columns: list[str]) -> str:
    """Column names for a message; long ones, and such with blanks, are left out.

    A table without a header has its first row as names: messages must not repeat its text.
    """
    return ", ".join(name if _SHOWN.fullmatch(name) else "…" for name in columns) or "none"


def is_unicode(value: Any, levels: int = MOST_NESTED) -> bool:
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
    within = [*value, *value.values()] if isinstance(value, dict) else value
    try:
        return is_unicode("".join(within))  # a row of texts alone: most rows
    except TypeError:
        pass
    return all(is_unicode(one, levels - 1) for one in within)
