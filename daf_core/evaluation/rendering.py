"""Rows of figures as text for people, and as a table for programs."""

from typing import Any

import pyarrow as pa
from tabulate import tabulate


def shown_table(rows: list[dict[str, Any]], style: str) -> str:
    """Cells as they are, headed by their keys: "simple" for a terminal, "github" for Markdown,
    "latex_booktabs".
    """
    return str(
        tabulate(rows, headers="keys", tablefmt=style, stralign="left", disable_numparse=True)
    )


def shown_interval(mean: float, low: float, high: float) -> str:
    """A difference and its interval."""
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def arrow_table(rows: list[dict[str, Any]]) -> pa.Table:
    """A column for each key of any row; null where a row does not have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})
