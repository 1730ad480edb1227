"""Parquet files whose bytes were changed by hand, so that they declare more than they hold."""

import io
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MOST = 2**31 - 1  # bytes that a page header can declare
HELD = 400 << 20


def varint(number: int) -> bytes:
    """As in Thrift's compact protocol."""
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def declares_2_gb(path: Path, codec: str, dictionary: bool) -> None:
    """The first page declares that it unfolds to 2 GB; the footer does not."""
    table = pa.table({"text": [f"fine words {number % 7}" for number in range(1000)]})
    sink = io.BytesIO()
    pq.write_table(
        table, sink, compression=codec, use_dictionary=dictionary, write_statistics=False
    )
    data = sink.getvalue()
    column = pq.ParquetFile(sink).metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    old = start + 3  # after field 1, a page's type of one byte, and the head of field 2
    stop = old
    while data[stop] > 127:
        stop += 1
    declared = varint(MOST << 1)
    footer = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    page = data[stop + 1 : footer - (len(declared) - (stop + 1 - old))]  # the footer stays in place
    path.write_bytes(data[:old] + declared + page + data[footer:])


def unfolds(path: Path) -> None:
    """One text of 400 MB of the same letter, in kilobytes; the footer says so, within bounds."""
    pq.write_table(pa.table({"text": ["a" * HELD]}), path, compression="zstd")


def long_footer(path: Path) -> None:
    """A footer of 60 MB."""
    table = pa.table({"text": ["fine"]}).replace_schema_metadata({"more": "a" * (30 << 20)})
    pq.write_table(table, path)
