"""A recording in a cell of a Parquet file: `calls.parquet#column=audio&row=12`.

Hugging Face writes audio as a struct {bytes, path}, other tools as plain bytes. Only the column of
the row group that holds the row is read, and the last one is kept. The path is never opened.
"""

import io
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qs, quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from daf_core.errors import BadInput
from daf_core.recordings.decoding.parquet_pages import check_footer, check_pages
from daf_core.storage.files import filesystem
from daf_core.storage.input_file import open_input
from daf_core.storage.refusals import storage_error

MARK = "#column="  # between a Parquet file and the place of a recording in it
MOST_BYTES = 4 << 30  # of the column in one row group


def cell_uri(uri: str, column: str, row: int) -> str:
    """The URI of the recording in a cell, for `open_recording`; rows count from 0."""
    return f"{uri}{MARK}{quote(column, safe='')}&row={row}"


def split_cell(uri: str) -> tuple[str, str, int] | None:
    """The URI of the table, the column and the row that `uri` names; None if it names no cell."""
    table, mark, rest = uri.rpartition(MARK)
    if not mark or not table:
        return None
    fields = parse_qs(f"column={rest}", max_num_fields=4)
    column, row = fields.get("column", [""])[0], fields.get("row", [""])[0]
    if not (column and row.isascii() and row.isdigit() and len(row) < 16):
        return None
    return table, column, int(row)


def open_cell(uri: str, table: str, column: str, row: int) -> io.BytesIO:
    """The bytes in a cell as a file.

    Raises:
        BadInput: `missing_audio`, there is no such cell or it holds no bytes; `unreadable_audio`,
            the table cannot be read.
        NotDone: the storage fails.
    """
    try:
        fs, path = filesystem(table)
        version = str(fs.ukey(path))
        starts = _row_starts(table, version)
        group = bisect_right(starts, row) - 1
        if row >= starts[-1]:
            raise BadInput(
                "missing_audio", f"{uri}: expected a row below {starts[-1]}, found {row}"
            )
        value = _cells(table, version, column, group)[row - starts[group]].as_py()
    except (FileNotFoundError, IsADirectoryError) as err:
        raise BadInput("missing_audio", f"{uri}: expected a Parquet file, found none") from err
    except (pa.ArrowException, ValueError, KeyError) as err:
        if isinstance(err, BadInput):
            raise
        raise BadInput("unreadable_audio", f"{uri}: expected a column of audio: {err}") from err
    except Exception as err:
        raise storage_error(uri, err) from err
    if not isinstance(value, bytes):
        raise BadInput("missing_audio", f"{uri}: expected bytes in the cell, found none")
    return io.BytesIO(value)


@lru_cache(maxsize=4)
def _row_starts(table: str, version: str) -> list[int]:
    """The first row of each row group, and the number of rows; `version` of the file is a key."""
    with _opened(table) as file:
        check_footer(file)
        metadata = pq.read_metadata(file)
    counts = (metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    return [0, *accumulate(counts)]


@lru_cache(maxsize=1)
def _cells(table: str, version: str, column: str, group: int) -> pa.ChunkedArray:
    """The bytes of a column in one row group; `version` of the file is a key."""
    with _opened(table) as file:
        check_footer(file)
        parquet = pq.ParquetFile(file)
        kind = parquet.schema_arrow.field(column).type
        name = f"{column}.bytes" if pa.types.is_struct(kind) else column
        chunks = parquet.metadata.row_group(group)
        every = map(chunks.column, range(chunks.num_columns))
        own = [chunk for chunk in every if chunk.path_in_schema == name]
        size = sum(chunk.total_uncompressed_size for chunk in own)
        if size > MOST_BYTES:
            raise ValueError(f"its row group holds {size} bytes, at most {MOST_BYTES} are read")
        for chunk in own:
            check_pages(file, chunk)
        cells = parquet.read_row_group(group, [name]).column(0)
    if pa.types.is_struct(kind):
        cells = pc.struct_field(cells, "bytes")
    if not (pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type)):
        raise ValueError(f"expected bytes in column {column}, found {cells.type}")
    return cells


def _opened(table: str) -> Any:
    return open_input(table, "a Parquet file")
