"""Values of tables as cells of spreadsheets, CSV files and terminals."""

import json
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from daf_core.report.printable import printable
from daf_core.spreadsheet import escaped

Cell: TypeAlias = str | int | float | bool | date | None


def cell(value: Any) -> Cell:
    """A number, a date or time, or text without control characters; lists and maps are JSON."""
    value = _plain(value)
    if value is None or isinstance(value, bool | int | float | date):
        return value
    return printable(value if isinstance(value, str) else as_json(value))


def safe_cell(value: Any) -> Cell:
    """As `cell`; an apostrophe comes before text that a spreadsheet would take for a formula."""
    found = cell(value)
    return escaped(found) if isinstance(found, str) else found


def as_json(value: Any, ascii_alone: bool = False) -> str:
    """A value of a table as JSON; a map is an object, a date a text.

    ascii_alone: all other letters are escaped, so that none acts on a terminal.
    """
    return json.dumps(_plain(value), default=str, ensure_ascii=ascii_alone)


def _plain(value: Any) -> Any:
    """Maps as Arrow gives them, lists of pairs, as dictionaries; numbers as Python has them, and
    never as -0.0.
    """
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, Decimal):  # sums of whole numbers, and numbers written in SQL
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    if value and all(isinstance(one, tuple) for one in value):
        return dict(value)
    return [_plain(one) for one in value]
