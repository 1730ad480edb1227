"""Embeddings tables as arrays: what a head takes, without copies through Python objects."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.modalities import MODALITIES, Streams, modality_number

HalfArray: TypeAlias = npt.NDArray[np.float16]


def fixed_size_list(values: HalfArray, present: npt.NDArray[np.bool_]) -> pa.FixedSizeListArray:
    """(rows, size) float16 as a column; null where not `present`."""
    return pa.FixedSizeListArray.from_arrays(
        pa.array(values.reshape(-1)), values.shape[1], mask=pa.array(~present)
    )


def stream_values(
    table: pa.Table, streams: Streams
) -> tuple[dict[str, HalfArray], npt.NDArray[np.bool_]]:
    """Columns of an embeddings table, of each the first layers, and which modality each row has.

    Returns:
        column → (rows, layers, features) float16, zeros where absent; (rows, modalities) bool.
    """
    values: dict[str, HalfArray] = {}
    present = np.zeros((len(table), len(MODALITIES)), bool)
    for name, (layers, features) in streams.items():
        column = table[name].combine_chunks()
        has = column.is_valid().to_numpy(zero_copy_only=False)
        size = column.type.list_size
        start = column.offset * size + column.values.offset
        flat = np.frombuffer(column.values.buffers()[1], np.float16)
        rows = flat[start : start + len(table) * size]
        value = rows.reshape(len(table), size // features, features)[:, :layers]
        values[name] = value if has.all() else np.where(has[:, None, None], value, np.float16(0))
        present[:, modality_number(name)] |= has
    return values, present
