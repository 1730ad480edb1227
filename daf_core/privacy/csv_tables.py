"""Tables beside scores (CSV), such as those of labels: lines about a recording go, words go.

A table without the column that is meant, or that cannot be read as CSV, is left as it is.
"""

import csv
import io
from collections.abc import Collection

from daf_core.spreadsheet import unescaped
from daf_core.storage import files

_Lines = list[list[str]]


def tables_in(root: str) -> list[str]:
    """The names of the CSV files in a folder, not of those in folders below."""
    fs, path = files.filesystem(root)
    names = (str(one).rstrip("/").rpartition("/")[2] for one in fs.ls(path, detail=False))
    return sorted(name for name in names if name.endswith(".csv"))


def forget_in_table(uri: str, ids: Collection[str]) -> int:
    """Take lines about recordings out of a table, by its column recording_id; returns how many.

    Raises:
        NotDone: the table cannot be written.
    """
    lines, column = _read(uri, "recording_id")
    kept = [one for one in lines if len(one) <= column or unescaped(one[column]) not in ids]
    if len(kept) < len(lines):
        _write(uri, kept)
    return len(lines) - len(kept)


def drop_words_in_table(uri: str) -> int:
    """Empty the column text of a table; returns how many lines had words.

    Raises:
        NotDone: the table cannot be written.
    """
    lines, column = _read(uri, "text")
    spoken = [one for one in lines[1:] if len(one) > column and one[column]]
    for one in spoken:
        one[column] = ""
    if spoken:
        _write(uri, lines)
    return len(spoken)


def _read(uri: str, column: str) -> tuple[_Lines, int]:
    """The lines of a table, names of columns first, and where the column is; none without it."""
    data = files.read_bytes(uri)
    try:
        lines = [*csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)]
    except (ValueError, csv.Error):
        return [], 0
    if not lines or column not in lines[0]:
        return [], 0
    return lines, lines[0].index(column)


def _write(uri: str, lines: _Lines) -> None:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\r\n").writerows(lines)
    files.publish(uri, sink.getvalue().encode("utf-8-sig"))
