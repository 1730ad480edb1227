"""Exported tables with marks for numbers and addresses, as ingest redacts them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.export.tables import Batches
from daf_core.redaction.names import numbered_names, redacted_meta, with_names
from daf_core.redaction.redact import redacted_row
from daf_core.schemas import SCORES, Row
from daf_core.storage.call_columns import CALLS, SPEAKERS

_INTERRUPTIONS = "interruption_list"  # who interrupts whom, by name
_COLUMNS = ("recording_id", "speaker", "role", "text", "meta", "flags", _INTERRUPTIONS)
_OURS = frozenset({*CALLS.names, *SPEAKERS.names, *SCORES.names, "text", "contradiction"})
Marks = Mapping[str, Mapping[str, str]]  # recording → name of a speaker → that with marks


def marks_of(rows: Batches) -> Marks:
    """The marks of recordings. rows: recording_id and name of a speaker or role; those of a
    recording stand together, in order of appearance.
    """
    pairs = (tuple(row.values()) for batch in rows for row in batch.to_pylist())
    several = groupby(pairs, itemgetter(0))
    found = ((one, numbered_names(name for _, name in own)) for one, own in several)
    return {recording_id: marks for recording_id, marks in found if marks}


def redacted(batches: Batches, marks: Marks) -> Iterator[pa.RecordBatch]:
    """The same rows, with marks in words, names and what is known of the recording; those that
    have any in their words are flagged `redacted`.
    """
    for batch in map(_with_texts, batches):
        known = [field.name for field in batch.schema if _is_meta(field)]
        present = [name for name in (*_COLUMNS, *known) if name in batch.schema.names]
        changed = [_row(row, known, marks) for row in batch.select(present).to_pylist()]
        yield _replaced(batch, present, changed)


def _with_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """With the texts of the source in place of numbers, which may be those of phones and cards."""
    for number, field in enumerate(batch.schema):
        if field.name not in _OURS and (
            pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        ):
            texts = pc.map_lookup(batch["meta"], pa.scalar(field.name), "first")
            batch = batch.set_column(number, pa.field(field.name, pa.string()), texts)
    return batch


def _is_meta(field: pa.Field) -> bool:
    """Whether a column is what the source says of recordings under one key: none of ours."""
    return pa.types.is_string(field.type) and field.name not in _OURS


def _row(row: Row, known: Sequence[str], marks: Marks) -> Row:
    row |= redacted_meta({name: row[name] for name in known if row[name] is not None})
    if row.get("meta") is not None:
        row["meta"] = redacted_meta(dict(row["meta"]))
    row = redacted_row(row) if row.get("text") is not None else row
    own = marks.get(row["recording_id"], {})
    if row.get(_INTERRUPTIONS):
        row[_INTERRUPTIONS] = [
            one | {side: _label(one[side], own) for side in ("by", "of")}
            for one in row[_INTERRUPTIONS]
        ]
    return with_names(row, own)


def _label(label: str, marks: Mapping[str, str]) -> str:
    """A speaker as people are shown it, "role · name"."""
    return " · ".join(marks.get(name, name) for name in label.split(" · "))


def _replaced(batch: pa.RecordBatch, names: Sequence[str], rows: Sequence[Row]) -> pa.RecordBatch:
    for name in names:
        number = batch.schema.get_field_index(name)
        field = batch.schema.field(number)
        values = [row[name] for row in rows]
        if pa.types.is_map(field.type):
            values = [None if one is None else [*one.items()] for one in values]
        batch = batch.set_column(number, field, pa.array(values, field.type))
    return batch
