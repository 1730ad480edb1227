"""Embeddings tables to arrays and back, without copies through Python objects."""

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import (
    MODALITIES,
    Column,
    ColumnShapes,
    HalfArray,
    select,
    stored,
)
from daf_core.embeddings.previous_turns import previous_turns
from daf_core.embeddings.speaker_mean import SPEAKER_COLUMNS, minus_speaker_mean, speaker_numbers
from daf_core.errors import SettingsError
from daf_core.schemas import MEASURED, embeddings_schema
from daf_core.storage.part_index import PartFacts


def fixed_size_list(values: HalfArray, present: npt.NDArray[np.bool_]) -> pa.FixedSizeListArray:
    """Values (rows, size) float16 as a column, null where not `present` (rows,)."""
    return pa.FixedSizeListArray.from_arrays(
        pa.array(values.reshape(-1)), values.shape[1], mask=pa.array(~present)
    )


def embeddings_table(
    rows: pa.Table,
    columns: dict[str, pa.FixedSizeListArray],
    shapes: ColumnShapes,
    flags: list[list[str]],
) -> pa.Table:
    """Embeddings table of the manifest rows, with the shapes of its columns in its metadata.

    Args:
        rows: manifest rows, in the order of the columns' values.
        columns: name → embedding column, from `fixed_size_list`.
        shapes: name → (layers, features) of each column.
        flags: the flags of each row.
    """
    schema = embeddings_schema({name: column.type.list_size for name, column in columns.items()})
    kept = {name: rows[name] for name in schema.names if name in rows.column_names}
    not_measured = {field.name: pa.nulls(len(rows), field.type) for field in MEASURED}
    filled = {**not_measured, **kept, **columns, "flags": pa.array(flags, pa.list_(pa.string()))}
    table = pa.table([filled[name] for name in schema.names], schema=schema)
    return table.replace_schema_metadata({"daf.shapes": json.dumps(shapes)})


def columns_for(shapes: ColumnShapes) -> list[str]:
    """The columns of an embeddings table that `column_values` needs."""
    names = [*stored(shapes)]
    derived = select(shapes, lambda column: column.derived is not None)
    return [*names, *SPEAKER_COLUMNS, "start_s"] if derived else names


def column_values(
    table: pa.Table, shapes: ColumnShapes
) -> tuple[dict[str, HalfArray], npt.NDArray[np.bool_]]:
    """Values of the columns in `shapes`, stored or derived, of a part's embeddings table.

    A column of fewer layers in `shapes` than in the table gives its first layers.

    Raises:
        SettingsError: a column is missing or of another size, as of other encoders.

    Returns:
        column → (rows, layers, features) float16, zeros where absent; and (rows, modalities) bool,
        which modalities each row has.
    """
    values: dict[str, HalfArray] = {}
    present = np.zeros((len(table), len(MODALITIES)), bool)
    for name, shape in shapes.items():
        column = Column.from_name(name)
        _check_size(table, column.stored.name, *shape)
        value, has = _first_layers(table[column.stored.name].combine_chunks(), *shape)
        present[:, column.modality_index] |= has
        if column.derived == "speaker_normalised":
            value = minus_speaker_mean(value, has, speaker_numbers(table))
        elif column.is_previous_turns:
            value = previous_turns(value, has, table, own=column.derived == "own_previous")
        elif not has.all():
            value = np.where(has[:, None, None], value, np.float16(0))
        values[name] = value
    return values, present


def _check_size(table: pa.Table, name: str, layers: int, features: int) -> None:
    kind = table.schema.field(name).type if name in table.column_names else pa.null()
    size = kind.list_size if pa.types.is_fixed_size_list(kind) else 0
    if size % features or size < layers * features:
        footer = {a.decode(): b.decode() for a, b in (table.schema.metadata or {}).items()}
        part = PartFacts.from_footer(footer)
        raise SettingsError(
            f"{'embeddings' if part is None else part.name}: {name}: expected {layers} layers of "
            f"{features}, found {size or 'no'} numbers; all parts are to be by the same encoders: "
            f"run `daf embed` again"
        )


def _first_layers(
    column: pa.FixedSizeListArray, layers: int, features: int
) -> tuple[HalfArray, npt.NDArray[np.bool_]]:
    """(rows, layers, features) without a copy, arbitrary where null; (rows,) where not null."""
    size = column.type.list_size
    start = column.offset * size + column.values.offset
    flat = np.frombuffer(column.values.buffers()[1], np.float16)
    rows = flat[start : start + len(column) * size]
    all_layers = rows.reshape(len(column), size // features, features)
    return all_layers[:, :layers], column.is_valid().to_numpy(zero_copy_only=False)
