"""Tables of JSON objects: one object a line, or one array of objects."""

import io
import itertools
import json
from collections.abc import Iterator
from typing import IO, Any

from daf_core.errors import BadInput
from daf_core.sources.table_text import Lines, RowTooLarge, TextTable
from daf_core.sources.table_types import LARGEST_ROW, Cells, Rows, Table

ROWS_FOR_COLUMNS = 1_000
_CHUNK = 64 << 10  # characters


def read_json(file: IO[bytes]) -> Table:
    """Read objects; their columns are those of the first 1,000.

    Raises:
        ValueError: there is no object among these rows.
    """
    table = TextTable(file)
    text = table.open(newline="\n")
    is_array = table.sample.lstrip("\ufeff \t\r\n").startswith("[")
    notes = [*table.notes]
    notes += ["read as a JSON array of objects, not as JSON Lines"] if is_array else []
    rows = _array_rows(text) if is_array else _line_rows(Lines(text))
    head = list(itertools.islice(rows, ROWS_FOR_COLUMNS))
    found = [cells for _, cells in head if not isinstance(cells, BadInput)]
    if head and not found:
        kinds = "objects in the JSON array" if is_array else "JSON Lines, one object per line,"
        raise ValueError(f"expected {kinds} or an array of objects, found neither")
    columns = dict.fromkeys(name for cells in found for name in cells)
    return Table([*columns], itertools.chain(head, rows), tuple(notes))


def _line_rows(lines: Lines) -> Rows:
    while True:
        lines.begin()
        try:
            line = next(lines).lstrip("\ufeff").strip()
        except StopIteration:
            return
        except RowTooLarge as err:
            yield str(lines.number), BadInput("bad_row", str(err))
            continue
        if line:
            yield str(lines.number), _object_of(line)


def _object_of(line: str) -> Cells | BadInput:
    try:
        return _checked(json.loads(line), "one JSON object per line")
    except (ValueError, RecursionError) as err:
        where = f" at column {err.colno}" if isinstance(err, json.JSONDecodeError) else ""
        return BadInput("bad_row", f"expected one JSON object per line, found no JSON{where}")


def _checked(value: Any, expected: str) -> Cells | BadInput:
    if isinstance(value, dict):
        return value
    return BadInput("bad_row", f"expected {expected}, found a {type(value).__name__}")


def _array_rows(text: io.TextIOWrapper) -> Rows:
    """The objects of an array, one at a time; what comes after a damaged one is one bad row."""
    number = 0
    try:
        for number, value in enumerate(_elements(text), start=1):
            yield f"object {number}", _checked(value, "an array of JSON objects")
    except (ValueError, RecursionError):
        message = "expected a JSON object, cannot be read; nor is what comes after it"
        yield f"object {number + 1}", BadInput("bad_row", message)


def _elements(text: io.TextIOWrapper) -> Iterator[Any]:
    """The values of a JSON array.

    Raises:
        ValueError: the text is no JSON array from here on, or a value is longer than LARGEST_ROW.
        RecursionError: a value is nested too deeply.
    """
    window = _Window(text)
    if window.next_sign() != "[":
        raise ValueError("no array")
    window.take(1)
    sign = window.next_sign()
    while sign != "]":
        yield window.value()
        sign = window.next_sign()
        if sign == ",":
            window.take(1)
            if window.next_sign() == "]":
                raise ValueError("a comma before the end")
        elif sign != "]":
            raise ValueError("no comma")
    window.take(1)
    if window.next_sign():
        raise ValueError("something after the array")


class _Window:
    """The part of a text that is being read."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._held = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def take(self, count: int) -> None:
        self._at += count

    def next_sign(self) -> str:
        """The next character that is no white space, "" at the end of the text."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in " \t\r\n\ufeff":
                    return self._held[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def value(self) -> Any:
        """The next value; twice as much of the text is read as long as it does not end in it."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
                if end < len(self._held) or not self._more(_CHUNK):
                    self._at = end
                    return value
            except ValueError:
                held = len(self._held) - self._at
                if held > LARGEST_ROW or not self._more(max(_CHUNK, held)):
                    raise

    def _more(self, count: int) -> bool:
        read = self._text.read(count)
        self._held, self._at = self._held[self._at :] + read, 0
        return bool(read)
