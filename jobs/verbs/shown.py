"""Rows as text: a table for people, CSV and JSON Lines for programs."""

import csv
import io
from typing import Any

import pyarrow as pa
from tabulate import tabulate

from daf_core.decimals import decimals
from daf_core.export.cells import as_json, cell, safe_cell
from jobs.settings import Shown

LETTERS_AT_MOST = 60  # of a cell of a table for people


def shown(rows: pa.Table, to: Shown) -> str:
    """All rows of a table as text. No control character of a cell reaches the terminal."""
    names, cells = rows.column_names, [[*row.values()] for row in rows.to_pylist()]
    if to == "jsonl":
        return "\n".join(as_json(row, ascii_alone=True) for row in rows.to_pylist())
    if to == "csv":
        sink = io.StringIO()
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow([safe_cell(name) for name in names])
        writer.writerows([safe_cell(one) for one in row] for row in cells)
        return sink.getvalue().removesuffix("\n")
    heads = [_of_table(name) for name in names]
    body = [[_of_table(one) for one in row] for row in cells]
    text: str = tabulate(body, heads, disable_numparse=True)
    return text


def _of_table(value: Any) -> str:
    if isinstance(value, float):
        return decimals(value, 2)
    found = cell(value)
    text = "" if found is None else " ".join(str(found).split())
    return text if len(text) <= LETTERS_AT_MOST else f"{text[: LETTERS_AT_MOST - 1]}…"
