"""Tables beside scores (CSV), such as those of labels: lines about a recording go, words go.

They are read as spreadsheets save them: in another encoding, with semicolons or tabs. A table
without the column that is meant is left as it is; a changed one is written without what stood
before the names of its columns.
"""

import csv
import io
from collections.abc import Collection

from daf_core.errors import BadInput, NotDone
from daf_core.sources.table_csv import find_separator
from daf_core.sources.table_start import said_separator, titles_before
from daf_core.sources.transcripts.document import decode_text
from daf_core.spreadsheet import unescaped
from daf_core.storage import files

SAMPLE = 1 << 16  # letters that tell what separates cells
_Lines = list[list[str]]


def tables_in(root: str) -> list[str]:
    """The names of the CSV files in a folder, not of those in folders below."""
    fs, path = files.filesystem(root)
    names = (str(one).rstrip("/").rpartition("/")[2] for one in fs.ls(path, detail=False))
    return sorted(name for name in names if name.endswith(".csv"))


def forget_in_table(uri: str, ids: Collection[str]) -> int:
    """Take lines about recordings out of a table, by its column recording_id; returns how many.

    Raises:
        NotDone: the table cannot be read or written.
    """
    lines, column, separator = _read(uri, "recording_id")
    kept = [one for one in lines[1:] if len(one) <= column or unescaped(one[column]) not in ids]
    gone = len(lines[1:]) - len(kept)
    if gone:
        _write(uri, [lines[0], *kept], separator)
    return gone


def drop_words_in_table(uri: str) -> int:
    """Empty the column text of a table; returns how many lines had words.

    Raises:
        NotDone: the table cannot be read or written.
    """
    lines, column, separator = _read(uri, "text")
    spoken = [one for one in lines[1:] if len(one) > column and one[column]]
    for one in spoken:
        one[column] = ""
    if spoken:
        _write(uri, lines, separator)
    return len(spoken)


def _read(uri: str, column: str) -> tuple[_Lines, int, str]:
    """The lines of a table, names of columns first, where the column is, and what separates cells;
    no lines where there is no such column.
    """
    try:
        text, _ = decode_text(files.read_bytes(uri))
        said, text = said_separator(text)
        separator = said or find_separator(text[:SAMPLE], len(text) <= SAMPLE)
        lines = [*csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
        del lines[: titles_before(lines)]
    except (BadInput, csv.Error) as err:
        raise NotDone(
            f"{uri}: expected a table that can be read, as it may hold what is to go ({err}); move "
            f"it elsewhere, or mend it, and run the same command again"
        ) from err
    names = [one.strip().casefold() for one in lines[0]] if lines else []
    return (lines, names.index(column), separator) if column in names else ([], 0, separator)


def _write(uri: str, lines: _Lines, separator: str) -> None:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\r\n", delimiter=separator).writerows(lines)
    files.publish(uri, sink.getvalue().encode("utf-8-sig"))
