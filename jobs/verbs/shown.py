"""Rows as text: a table for people, CSV and JSON Lines for programs."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
from tabulate import tabulate

from daf_core.report.printable import printable
from jobs.settings import Shown

LETTERS_AT_MOST = 60  # of a cell of a table for people
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for one


def shown(rows: pa.Table, to: Shown) -> str:
    """All rows of a table as text. No control character of a cell reaches the terminal."""
    names, cells = rows.column_names, [[*row.values()] for row in rows.to_pylist()]
    if to == "jsonl":
        return "\n".join(json.dumps(row, default=str) for row in rows.to_pylist())
    if to == "csv":
        sink = io.StringIO()
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow([_of_csv(name) for name in names])
        writer.writerows([_of_csv(cell) for cell in row] for row in cells)
        return sink.getvalue().removesuffix("\n")
    heads = [_of_table(name) for name in names]
    body = [[_of_table(cell) for cell in row] for row in cells]
    text: str = tabulate(body, heads, disable_numparse=True)
    return text


def _of_table(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}"
    text = "" if cell is None else printable(_text(cell)).replace("\n", " ").replace("\t", " ")
    return text if len(text) <= LETTERS_AT_MOST else f"{text[: LETTERS_AT_MOST - 1]}…"


def _of_csv(cell: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    text = printable(_text(cell))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell, default=str, ensure_ascii=False)
