"""How far a Parquet table may unfold: a kilobyte can name a long text a billion times."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.arrays import AnyArray

MOST_ROWS, ROWS_A_BYTE = 1_000_000, 8  # rows of a table, or so many for each byte of its file
MOST_VALUES_A_ROW = 10_000  # of one column, on average
COLUMN_BYTES = 2 << 30  # of a column in one row group, as it is unpacked
MOST_COLUMNS = 10_000
EXPANDED_BYTES, TIMES_STORED = 2 << 30, 200  # cells of a table, or so many times its file
PIECE_BYTES = 16 << 20  # rows that are turned into Python's own texts at once


def check(metadata: Any, size: int) -> None:
    """Check what the footer of a file of `size` bytes says of its rows and columns.

    Raises:
        ValueError: it holds more than such a file can.
    """
    rows, columns = metadata.num_rows, metadata.num_columns
    if rows > max(MOST_ROWS, ROWS_A_BYTE * size):
        raise ValueError(f"expected rows that are stored, found {rows} in {size} bytes")
    if columns > MOST_COLUMNS:
        raise ValueError(f"expected at most {MOST_COLUMNS} columns, found {columns}")
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(columns)):
            values = max(1, group.num_rows) * MOST_VALUES_A_ROW
            if column.num_values > max(MOST_ROWS, min(values, ROWS_A_BYTE * size)):
                raise ValueError(f"expected fewer values, found {column.num_values} in a column")
            if column.total_uncompressed_size > COLUMN_BYTES and "bytes" not in (
                column.path_in_schema
            ):
                raise ValueError(
                    f"expected at most {COLUMN_BYTES} bytes of a column in a row group, found "
                    f"{column.total_uncompressed_size}"
                )


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts, which may be stored once and named often."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def most_expanded(size: int) -> int:
    """Bytes that the cells of a table of `size` bytes may have together."""
    return max(EXPANDED_BYTES, TIMES_STORED * size)


def pieces(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
    """A batch in pieces of about PIECE_BYTES once unfolded, or single rows, and these bytes."""
    sizes = np.full(len(batch), 8 * batch.num_columns, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and is_text(column.type.value_type):
            sizes += _lengths(column)
        elif is_text(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    start = 0
    ends = np.cumsum(sizes)
    while start < len(batch):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + PIECE_BYTES, "right")))
        yield batch.slice(start, stop - start), int(ends[stop - 1]) - before
        start = stop


def _lengths(column: pa.DictionaryArray) -> AnyArray:
    """Bytes of each text of a dictionary-encoded column."""
    own = pc.binary_length(column.dictionary).cast(pa.int64())
    found: AnyArray = pc.fill_null(own.take(column.indices), 0).to_numpy(zero_copy_only=False)
    return found
