"""How far the pages of a Parquet file unfold, by their headers.

Arrow takes the memory that the header of a page declares, up to 2 GB, before it looks at the page,
and the footer may say less. So the headers are read first; they are in Thrift's compact protocol.
"""

from typing import IO, Any, NamedTuple

FOOTER_BYTES = 32 << 20  # far above 10,000 columns; Arrow takes ten times as much for it
PAGE_BYTES, TIMES_STORED = 64 << 20, 200  # of a page unfolded, or so many times what is stored
_HEAD_BYTES, _MOST_HEAD_BYTES = 4 << 10, 1 << 20
_MAGIC = (b"PAR1", b"PARE")
_MOST_NESTED = 16
_UNFOLDED, _STORED = 2, 3  # fields of a page header


class _Header(NamedTuple):
    bytes: int
    unfolded: int
    stored: int


def check_footer(file: IO[bytes]) -> None:
    """Check the length of the footer, before it is read.

    Raises:
        ValueError: it is longer than any footer is.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    end = file.read(8)
    file.seek(0)
    length = int.from_bytes(end[:4], "little")
    if end[4:] in _MAGIC and length > FOOTER_BYTES:
        raise ValueError(f"expected a footer of at most {FOOTER_BYTES} bytes, found {length}")


def check_pages(file: IO[bytes], chunk: Any) -> None:
    """Check the pages of a column in one row group, a ColumnChunkMetaData.

    Raises:
        ValueError: one unfolds to far more than is stored, or its header cannot be read.
    """
    starts = [chunk.data_page_offset]
    if chunk.dictionary_page_offset is not None:
        starts.append(chunk.dictionary_page_offset)
    at = min(starts)
    end = at + chunk.total_compressed_size
    while at < end:
        header = _header(file, at)
        if header.unfolded > max(PAGE_BYTES, TIMES_STORED * header.stored):
            raise ValueError(
                f"expected a page of at most {PAGE_BYTES} bytes, or {TIMES_STORED} times what is "
                f"stored, found {header.unfolded} in {header.stored}"
            )
        at += header.bytes + header.stored


def _header(file: IO[bytes], at: int) -> _Header:
    size = _HEAD_BYTES
    while True:
        file.seek(at)
        data = file.read(size)
        try:
            return _parsed(data)
        except IndexError as err:
            if len(data) < size or size >= _MOST_HEAD_BYTES:
                raise ValueError("expected the header of a page, found other bytes") from err
            size *= 16


def _parsed(data: bytes) -> _Header:
    """The header that `data` begins with; IndexError where it is cut."""
    reader = _Compact(data)
    numbers = reader.numbers_of_struct()
    unfolded, stored = numbers.get(_UNFOLDED, -1), numbers.get(_STORED, -1)
    if unfolded < 0 or stored < 0:
        raise ValueError("expected the header of a page, found other bytes")
    return _Header(reader.at, unfolded, stored)


class _Compact:
    """Reads Thrift's compact protocol: what is no number of the outer struct is passed over."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def numbers_of_struct(self, depth: int = 0) -> dict[int, int]:
        """Field → value of the numbers of a struct."""
        found: dict[int, int] = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            value = self._value(head & 15, depth)
            if value is not None:
                found[field] = value
        return found

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found
            if shift > 63:
                raise ValueError("expected the header of a page, found other bytes")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise IndexError

    def _value(self, kind: int, depth: int) -> int | None:
        if depth > _MOST_NESTED:
            raise ValueError("expected the header of a page, found it nested too deeply")
        if kind in (4, 5, 6):
            return self._number()
        if kind == 3:
            self._skip(1)
        elif kind == 7:
            self._skip(8)
        elif kind == 8:
            self._skip(self._varint())
        elif kind in (9, 10):
            head = self._byte()
            for _ in range(head >> 4 if head >> 4 < 15 else self._varint()):
                if head & 15 in (1, 2):  # truth values take a byte in lists
                    self._skip(1)
                else:
                    self._value(head & 15, depth + 1)
        elif kind == 12:
            self.numbers_of_struct(depth + 1)
        elif kind not in (1, 2):
            raise ValueError("expected the header of a page, found other bytes")
        return None
