"""Embeddings tables as arrays: what a head takes, without copies through Python objects."""

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import (
    MODALITIES,
    OTHERS,
    OWN,
    RELATIVE,
    ColumnShapes,
    HalfArray,
    beside,
    made_of,
    modality_number,
    stored,
)
from daf_core.embeddings.previous_turns import previous_turns
from daf_core.embeddings.speaker_mean import VOICE, minus_speaker_mean, voices
from daf_core.schemas import embeddings_schema


def fixed_size_list(values: HalfArray, present: npt.NDArray[np.bool_]) -> pa.FixedSizeListArray:
    """(rows, size) float16 as a column; null where not `present`."""
    return pa.FixedSizeListArray.from_arrays(
        pa.array(values.reshape(-1)), values.shape[1], mask=pa.array(~present)
    )


def embeddings_table(
    rows: pa.Table,
    columns: dict[str, pa.FixedSizeListArray],
    shapes: ColumnShapes,
    flags: list[list[str]],
) -> pa.Table:
    """Embeddings table of the manifest `rows`, with the shapes of its columns in its metadata."""
    schema = embeddings_schema({name: column.type.list_size for name, column in columns.items()})
    kept = {name: rows[name] for name in schema.names if name in rows.column_names}
    made = {**kept, **columns, "flags": pa.array(flags, pa.list_(pa.string()))}
    table = pa.table([made[name] for name in schema.names], schema=schema)
    return table.replace_schema_metadata({"daf.shapes": json.dumps(shapes)})


def columns_for(streams: ColumnShapes) -> list[str]:
    """The columns of an embeddings table that `column_values` needs."""
    names = [*stored(streams)]
    return [*names, *VOICE, "start_s"] if beside(streams) else names


def column_values(
    table: pa.Table, streams: ColumnShapes
) -> tuple[dict[str, HalfArray], npt.NDArray[np.bool_]]:
    """Columns of a part's embeddings table, or made of them, of each the first layers, and which
    modality each row has.

    Returns:
        column → (rows, layers, features) float16, zeros where absent; (rows, modalities) bool.
    """
    values: dict[str, HalfArray] = {}
    present = np.zeros((len(table), len(MODALITIES)), bool)
    for name, shape in streams.items():
        value, has = _first_layers(table[made_of(name)].combine_chunks(), *shape)
        present[:, modality_number(name)] |= has
        if name.endswith(RELATIVE):
            value = minus_speaker_mean(value, has, voices(table))
        elif name.endswith((OWN, OTHERS)):
            value = previous_turns(value, has, table, own=name.endswith(OWN))
        elif not has.all():
            value = np.where(has[:, None, None], value, np.float16(0))
        values[name] = value
    return values, present


def _first_layers(
    column: pa.FixedSizeListArray, layers: int, features: int
) -> tuple[HalfArray, npt.NDArray[np.bool_]]:
    """(rows, layers, features), anything where null, without a copy; (rows,) where it is not."""
    size = column.type.list_size
    start = column.offset * size + column.values.offset
    flat = np.frombuffer(column.values.buffers()[1], np.float16)
    rows = flat[start : start + len(column) * size]
    every = rows.reshape(len(column), size // features, features)
    return every[:, :layers], column.is_valid().to_numpy(zero_copy_only=False)
