"""Ways to damage Parquet tables: broken bytes, valid columns of unexpected types."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reliability.fuzzing.bytes_damage import ANY, Damage, Rng, overwrite


def odd_columns(rng: Rng, content: bytes) -> bytes:
    """Columns of other types, where text and numbers are expected."""
    table = pq.read_table(io.BytesIO(content))
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(table.num_columns))
        odd = _columns(rng, len(table))
        column = odd[int(rng.integers(len(odd)))]
        table = table.set_column(at, table.column_names[at], column)
    if rng.random() < 0.15:
        table = table.append_column(table.column_names[0], table.column(0))  # a name twice
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def not_utf8_within(rng: Rng, content: bytes) -> bytes:
    """Invalid UTF-8 in a column of type string."""
    table = pq.read_table(io.BytesIO(content))
    rows = [None if cell is None else cell.encode() for cell in table["text"].to_pylist()]
    rows[int(rng.integers(len(rows)))] = rng.bytes(6) + b"\xff"
    text = pa.array(rows, pa.binary()).view(pa.string())
    sink = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index("text"), "text", text), sink)
    return sink.getvalue()


def broken_pages(rng: Rng, content: bytes) -> bytes:
    """Broken rows between a valid header and footer."""
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for _ in range(int(rng.integers(1, 20))):
        content = overwrite(content, int(rng.integers(4, footer)), rng.bytes(1))
    return content


def broken_footer(rng: Rng, content: bytes) -> bytes:
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for _ in range(int(rng.integers(1, 6))):
        content = overwrite(content, int(rng.integers(footer, len(content))), rng.bytes(1))
    return content


def broken_last_pages(rng: Rng, content: bytes) -> bytes:
    """A valid first row group, so that the error comes after some rows were read."""
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    return overwrite(content, int(rng.integers(footer // 2, footer - 40)), rng.bytes(40))


PARQUET: list[Damage] = [
    *ANY,
    *4 * [odd_columns, broken_pages, broken_footer],
    *2 * [not_utf8_within, broken_last_pages],
]


def _columns(rng: Rng, rows: int) -> list[pa.Array]:
    numbers: list[Any] = list(range(rows))
    floats = rng.choice([np.nan, np.inf, -1.0, 0.5, 6e4], rows)
    return [
        pa.nulls(rows),
        pa.array(numbers, pa.int64()),
        pa.array(numbers, pa.timestamp("ns")),
        pa.array([2**62] * rows, pa.timestamp("us")),
        pa.array([-(2**62)] * rows, pa.timestamp("ms", tz="UTC")),
        pa.array([2**31 - 1] * rows, pa.date32()),
        pa.array([2**60] * rows, pa.duration("us")),
        pa.array([1] * rows, pa.time32("s")),
        pa.array([2**63 - 1] * rows, pa.uint64()),
        pa.array([b"\xff\xfe"] * rows, pa.binary()),
        pa.array([b"ab"] * rows, pa.binary(2)),
        pa.array([[1, 2]] * rows),
        pa.array([{"a": {"b": [None]}}] * rows),
        pa.array([[("k", "v")]] * rows, pa.map_(pa.string(), pa.string())),
        pa.array(["x"] * rows).dictionary_encode(),
        pa.array([True] * rows),
        pa.array(["1.5"] * rows).cast(pa.decimal128(38, 10)),
        pa.array(floats),
        pa.array(floats.astype(np.float16)),
        pa.array(["x" * 100_000] * rows, pa.large_string()),
        pa.array([b"\xed\xa0\x80"] * rows, pa.binary()).view(pa.string()),
    ]
