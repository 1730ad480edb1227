"""The columns of sheets that people read: their order, and a sheet that says what they are."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from daf_core.calls import described as lines
from daf_core.calls.described import FIRST, OF_QUERIES, OF_SOURCE
from daf_core.export.tables import Batches
from daf_core.query.metadata import META_COLUMNS_AT_MOST

_NO_CELL = ("silences", "interruption_list")  # lists of periods, for programs
_TABLES = {
    "calls": lines.CALLS,
    "speakers": lines.SPEAKERS,
    "utterances": (*lines.UTTERANCES, *OF_QUERIES),
}


def in_reading_order(table: str, rows: Batches, meta: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows with the columns of a sheet: what is read first, then the others.

    table: calls, speakers or utterances; meta: what the source says of recordings, which has
    columns of its own. Lists of periods are left out, and the map `meta` where each of its keys has
    a column.
    """
    for batch in rows:
        yield batch.select(_order(table, batch.schema.names, meta))


def _order(table: str, columns: Sequence[str], meta: Sequence[str]) -> list[str]:
    own = [name for name in meta if name in columns]
    first = [one for name in FIRST[table] for one in (own if name == "*" else [name])]
    all_shown = len(own) == len(meta) < META_COLUMNS_AT_MOST
    left_out = {*_NO_CELL, *(["meta"] if all_shown else [])}
    order = dict.fromkeys([*(name for name in first if name in columns), *columns])
    return [name for name in order if name not in left_out]


def described(meta: Sequence[str]) -> pa.Table:
    """Table, columns and what they say, a row for each line of the documentation."""
    rows = [
        {"table": name, "columns": one.columns, "what they say": one.plain}
        for name, own in _TABLES.items()
        for one in own
    ]
    if meta:
        said = {"table": "all", "columns": ", ".join(meta), "what they say": OF_SOURCE}
        rows.insert(0, said)
    return pa.Table.from_pylist(rows)
