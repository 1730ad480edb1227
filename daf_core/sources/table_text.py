"""The text of a table's file: which encoding it has, and its lines, of bounded length."""

import codecs
import io
from collections import deque
from typing import IO

from daf_core.sources.table_types import LARGEST_ROW
from daf_core.sources.text_encoding import BOMS, guess

SAMPLE_BYTES = 1 << 20
_LONGEST_SKIPPED = 256 << 20  # characters of a row that is too long: what follows is no table
_DAMAGED = "daf.damaged"  # an error handler: bytes that are no text become a lone surrogate


class TextTable:
    """The text of a table's file, decoded as it is read.

    encoding: a codec's name; guessed: whether it follows from the letters alone. A byte that the
    encoding does not have becomes an unpaired surrogate, by which `is_unicode` knows the row.
    """

    def __init__(self, file: IO[bytes]) -> None:
        sample = file.read(SAMPLE_BYTES)
        file.seek(0)
        self.encoding, self.guessed = _encoding(sample)
        self.sample = _decoded(sample, self.encoding)
        self.sample_is_whole = len(sample) < SAMPLE_BYTES
        self._file = file

    def open(self, newline: str) -> io.TextIOWrapper:
        """The text from its start; lines end as `newline` says, as in `open`."""
        return io.TextIOWrapper(self._file, self.encoding, errors=_DAMAGED, newline=newline)

    @property
    def notes(self) -> list[str]:
        """A line about the encoding, where it is not UTF-8."""
        said = f"read as {self.encoding}, a guess by its letters, as it is not UTF-8"
        return [said] if self.guessed else []


class Lines:
    """An iterator over lines that can be given back, and read again as the start of other rows.

    `number` counts the lines given, `row` holds those since `begin`.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._size = 0
        self.number = 0
        self.row: list[str] = []

    def begin(self) -> None:
        """Begin a row at the next line."""
        self.row, self._size = [], 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        """The next line with its end.

        Raises:
            RowTooLarge: the row is longer than LARGEST_ROW.
        """
        line = self._again.popleft() if self._again else self._text.readline(LARGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._size += len(line)
        if len(line) > LARGEST_ROW:
            self._skip_rest(line)
            raise RowTooLarge
        self.row.append(line)
        if self._size > LARGEST_ROW:
            raise RowTooLarge
        return line

    def give_back(self, keep: int) -> None:
        """Give back the lines of this row but for the first `keep`."""
        back = self.row[keep:]
        self._again.extendleft(reversed(back))
        self.number -= len(back)
        del self.row[keep:]

    def _skip_rest(self, line: str) -> None:
        skipped = 0
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(1 << 20)
            skipped += len(line)
            if skipped > _LONGEST_SKIPPED:
                raise OSError(f"expected lines, found one of more than {_LONGEST_SKIPPED} letters")


class RowTooLarge(ValueError):
    """A row is longer than LARGEST_ROW."""

    def __init__(self) -> None:
        super().__init__(f"expected a row of at most {LARGEST_ROW >> 20} MiB, found a longer one")


def _encoding(sample: bytes) -> tuple[str, bool]:
    """The encoding by byte order mark or zeros, else UTF-8 unless the letters say otherwise."""
    for mark, encoding in BOMS:
        if sample.startswith(mark):
            return encoding, False
    header = sample[:1024].partition(b"\n")[0]  # a row with a zero says nothing of the others
    if b"\x00" in header:  # the zeros of ASCII letters in UTF-16
        odd, even = header[1::2].count(0), header[::2].count(0)
        if max(odd, even) > 4 * min(odd, even):
            return "utf-16-le" if odd > even else "utf-16-be", False
    valid = sum(not one.isascii() for one in sample.decode("utf-8", "ignore"))
    invalid = sum(one >= "\udc80" for one in _escaped(sample))
    if valid >= invalid:
        return "utf-8-sig", False
    found = guess(sample)
    return ("utf-8-sig", False) if found is None else (found, True)


def _escaped(sample: bytes) -> list[str]:
    """The bytes of a sample that are not UTF-8, without a letter that its end cuts off."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    return [one for one in decoder.decode(sample) if "\udc80" <= one <= "\udcff"]


def _decoded(sample: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)(_DAMAGED)
    return decoder.decode(sample)


def _mark_damage(err: UnicodeError) -> tuple[str, int]:
    if not isinstance(err, UnicodeDecodeError):
        raise err
    return "\udcff", err.end


codecs.register_error(_DAMAGED, _mark_damage)
