"""Parquet tables, and rows of Arrow batches as plain text and numbers."""

from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from daf_core.errors import BadInput
from daf_core.recordings.decoding.parquet_pages import check_footer, check_pages
from daf_core.sources import parquet_bounds as bounds
from daf_core.sources.table_columns import holds_bytes, is_audio_struct, is_stored_audio
from daf_core.sources.table_types import Cells, Rows, StoredAudio, Table, check_names

_BATCH_ROWS = 4_096
_SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read_parquet(file: IO[bytes]) -> Table:
    """Read a table with its column types. Bytes are not read: a recording is a `StoredAudio`.

    Raises:
        ValueError: it is no Parquet, or two columns have one name.
    """
    size = file.seek(0, 2)
    check_footer(file)
    parquet = pq.ParquetFile(file)  # raises ArrowInvalid, a ValueError
    names = parquet.schema_arrow.names
    check_names(names)
    types = {field.name: field.type for field in parquet.schema_arrow}
    bounds.check(parquet.metadata, size)
    texts = _texts(parquet.metadata, types)
    file.seek(0)
    # Texts that are stored once and named often are not written out.
    parquet = pq.ParquetFile(file, read_dictionary=texts)
    return Table(names, _rows(parquet, types, size, file), types=types)


def _rows(
    parquet: pq.ParquetFile, types: dict[str, pa.DataType], size: int, file: IO[bytes]
) -> Rows:
    stored = [name for name, kind in types.items() if is_stored_audio(kind)]
    read = [name for name, kind in types.items() if not holds_bytes(kind)]
    read += [f"{name}.path" for name in stored if is_audio_struct(types[name])]
    _check_pages(file, parquet.metadata, {name.partition(".")[0] for name in read})
    number = 0
    left = bounds.most_expanded(size)
    for batch in parquet.iter_batches(_BATCH_ROWS, columns=read):
        for few, expanded in bounds.pieces(batch):
            left -= expanded
            if left < 0:
                raise pa.ArrowInvalid("its cells hold far more than the file")
            for cells in batch_rows(few):
                if not isinstance(cells, BadInput):
                    for name in stored:
                        cells[name] = _stored(cells.get(name, {}), number)
                number += 1
                yield f"row {number}", cells


def _texts(metadata: Any, types: dict[str, pa.DataType]) -> list[str]:
    """Columns of texts, but for those in an encoding that Arrow cannot read so."""
    others = {
        chunk.path_in_schema
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for chunk in map(group.column, range(group.num_columns))
        if any(name.startswith("DELTA") for name in chunk.encodings)
    }
    return [name for name, kind in types.items() if bounds.is_text(kind) and name not in others]


def _check_pages(file: IO[bytes], metadata: Any, columns: set[str]) -> None:
    try:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                if chunk.path_in_schema.partition(".")[0] in columns:
                    check_pages(file, chunk)
    except ValueError as err:  # also of a name that is no UTF-8
        raise pa.ArrowInvalid(str(err)) from err


def _stored(cell: object, row: int) -> StoredAudio | None:
    """The recording in a cell, of whose fields only the path has been read."""
    path = cell.get("path") if isinstance(cell, dict) else None
    return None if cell is None else StoredAudio(path, row)


def batch_rows(batch: pa.RecordBatch) -> list[Cells] | list[Cells | BadInput]:
    """The rows of an Arrow batch, each as its cells, or why a cell has no value.

    Decimals and times become text, durations seconds.
    """
    if not batch.num_columns:
        empty: list[Cells] = [{} for _ in range(len(batch))]
        return empty
    columns = [_plain(column) for column in batch.columns]
    plain = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
    try:
        rows: list[Cells] = plain.to_pylist()
    except (ValueError, OverflowError):
        return [_cells(plain.slice(number, 1)) for number in range(len(plain))]
    return rows


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_duration(kind):
        return pc.divide(column.cast(pa.int64()).cast(pa.float64()), float(_SECONDS[kind.unit]))
    if pa.types.is_decimal(kind) or pa.types.is_temporal(kind):
        try:
            return column.cast(pa.string())
        except pa.ArrowException:  # a time zone that this machine does not know, an interval
            return column
    return column


def _cells(row: pa.RecordBatch) -> Cells | BadInput:
    """A table of one row as cells, read one by one to know which of them cannot be read."""
    cells = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            cells[name] = column[0].as_py()
        except UnicodeDecodeError:
            return BadInput("bad_encoding", f"{name}: expected UTF-8, found other bytes")
        except (ValueError, OverflowError):
            return BadInput(
                "bad_row",
                f"{name}: expected a {column.type} that Python can represent, found one it cannot",
            )
    return cells
