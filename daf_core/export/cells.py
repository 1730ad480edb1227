"""Values of tables as cells of spreadsheets, CSV files and terminals."""

import json
from typing import Any, TypeAlias

from daf_core.report.printable import printable
from daf_core.spreadsheet import escaped

Cell: TypeAlias = str | int | float | bool | None


def cell(value: Any) -> Cell:
    """A number, or text without control characters; lists and maps are JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return printable(value if isinstance(value, str) else as_json(value))


def safe_cell(value: Any) -> Cell:
    """As `cell`; an apostrophe comes before text that a spreadsheet would take for a formula."""
    found = cell(value)
    return escaped(found) if isinstance(found, str) else found


def as_json(value: Any) -> str:
    """A value of a table as JSON; a map is an object."""
    return json.dumps(_plain(value), default=str, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Maps as Arrow gives them, lists of pairs, as dictionaries."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    pairs = isinstance(value, list) and value and all(isinstance(one, tuple) for one in value)
    return dict(value) if pairs else value
