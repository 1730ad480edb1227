"""The values of stored tables that everything made of them rests on: known, finite, in range."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import SettingsError
from daf_core.schemas import LABEL_RANGE, SPLITS, STRANGE
from daf_core.storage.table_kinds import columns_of

WORDS_AT_MOST = 10_000_000  # of an utterance
_NOT_FINITE = np.uint16(0x7C00)  # the exponent of float16, all of whose bits are set


def check_values(rows: pa.Table, kind: str, uri: str) -> None:
    """Check the values of the columns that were read of the table at `uri`.

    rows: of a kind, all columns or some, of the types of the kind.

    Raises:
        SettingsError: null where none may be, a time or an embedding that is not finite, a label,
            split or number of words out of range.
    """
    schema = columns_of(kind)
    for name in rows.column_names:
        field = schema.field(name) if name in schema.names else None
        if (wrong := next(_wrong(rows[name], name, field), None)) is not None:
            raise SettingsError(f"{uri}: {name}: {wrong}; the file is damaged: make the part again")


def _wrong(column: pa.ChunkedArray, name: str, field: pa.Field | None) -> Iterator[str]:
    """What is wrong with a column; field: that it has in its kind, None if it is not one of it."""
    if field is None:
        if pa.types.is_fixed_size_list(column.type) and not _all_finite(column):
            yield "expected finite embeddings, found NaN or infinite ones"
        return
    if not field.nullable and column.null_count:
        yield f"expected a value in every row, found {column.null_count:,} without"
    if pa.types.is_list(field.type) and pc.list_flatten(column).null_count:
        yield "expected lists without nulls, found a null"
    if pa.types.is_float64(field.type) and pc.all(pc.is_finite(column)).as_py() not in (True, None):
        yield "expected finite numbers, found NaN or infinite ones"
    if name == "label" and _outside(column, *LABEL_RANGE):
        yield "expected labels in [{:g}, {:g}], found others".format(*LABEL_RANGE)
    if name == "words" and pa.types.is_integer(field.type) and _outside(column, 0, WORDS_AT_MOST):
        yield f"expected 0 to {WORDS_AT_MOST:,} words, found other numbers"
    if name == "split" and (others := {*column.unique().to_pylist()} - {None, *SPLITS, STRANGE}):
        known = ", ".join((*SPLITS, STRANGE))
        yield f"expected one of {known}, found {min(others)[:40]!r}"


def _outside(column: pa.ChunkedArray, least: float, most: float) -> bool:
    """Whether any value is not in [least, most], as NaN is; nulls are."""
    within = pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))
    return pc.all(within).as_py() is False


def _all_finite(column: pa.ChunkedArray) -> bool:
    """Whether lists of float16 hold finite numbers alone; true of lists of other types."""
    if not pa.types.is_float16(column.type.value_type):
        return True
    bits = (chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks)
    return not any(((one.view(np.uint16) & _NOT_FINITE) == _NOT_FINITE).any() for one in bits)
