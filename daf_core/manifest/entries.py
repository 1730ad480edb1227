"""What one part of a manifest holds of which recording, in order: a file beside the part."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

NO_RECORDING = ""  # rejected rows that belong to no recording stand under this name
NOTHING = ""  # the version of what has no rows
SCHEMA = pa.schema(
    [
        pa.field("part", pa.int64(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("recording", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("rejected", pa.int64(), nullable=False),
        pa.field("reasons", pa.string(), nullable=False),  # of rejected rows, JSON: reason → rows
        pa.field("complete", pa.bool_(), nullable=False),
        pa.field("removed", pa.bool_(), nullable=False),
    ]
)


@dataclass(slots=True)
class Entry:
    """What one part holds of a recording: rows, and rejected rows by reason in its quarantine.

    version: of the recording's files, or of its rows in a table, when these rows were made.
    complete: the last of the recording's rows is among these.
    removed: these rows are being taken out of the part; they may be gone already.
    """

    recording: str
    version: str
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    complete: bool = False
    removed: bool = False

    @property
    def rejected(self) -> int:
        """Rejected rows."""
        return self.reasons.total()


def to_table(number: int, entries: list[Entry]) -> pa.Table:
    """Entries of a part as a table of `SCHEMA`."""
    return table_of(
        [
            (number, position, entry.recording, entry.version, entry.rows, entry.rejected,
             json.dumps(entry.reasons, sort_keys=True), entry.complete, entry.removed)
            for position, entry in enumerate(entries)
        ]
    )  # fmt: skip


def table_of(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows with the columns of `SCHEMA` as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(column).cast(f.type) for column, f in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def entry_of(row: tuple[Any, ...]) -> Entry:
    """An entry of a row with the columns of `SCHEMA`."""
    _, _, recording, version, rows, _, reasons, complete, removed = row
    reasons = Counter(json.loads(reasons))
    return Entry(recording, version, rows, reasons, bool(complete), bool(removed))
