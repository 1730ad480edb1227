"""Seconds to milliseconds: sums and differences of times have digits that nobody measured."""

from typing import Any

from daf_core.schemas import Row

MILLISECONDS = 3  # digits of seconds


def in_milliseconds(row: Row) -> Row:
    """The row with its seconds (columns that end in _s, also within lists) to three digits."""
    return {name: _rounded(name, value) for name, value in row.items()}


def _rounded(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [in_milliseconds(one) if isinstance(one, dict) else one for one in value]
    if name.endswith("_s") and value is not None:
        return round(float(value), MILLISECONDS)
    return value
