"""Catalogue entries: what one part of a manifest holds of which recording, in order."""

import json
import posixpath
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from daf_core.errors import FILE_REASONS
from daf_core.schemas import Row

NO_RECORDING = ""  # the name under which quarantined rows without a recording are entered
NOTHING = ""  # the version of NO_RECORDING when there are no such rows
SCHEMA = pa.schema(
    [
        pa.field("part", pa.int64(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("recording", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("rejected", pa.int64(), nullable=False),  # quarantined rows
        pa.field("reasons", pa.string(), nullable=False),  # JSON: reason → quarantined rows
        pa.field("complete", pa.bool_(), nullable=False),
        pa.field("removed", pa.bool_(), nullable=False),
    ]
)


def counted_as(row: Row) -> str:
    """What a quarantine row is counted as: its reason, with the suffix of a file not used."""
    if row["reason"] not in FILE_REASONS:
        return str(row["reason"])
    return f"{row['reason']} {posixpath.splitext(row['file'])[1].lower()}".rstrip()


def is_file(counted: str) -> bool:
    """Whether `counted_as` gave this of a file that is not used, rather than of a row."""
    return counted.partition(" ")[0] in FILE_REASONS


@dataclass(slots=True)
class Entry:
    """How many rows of a recording one part holds, and how many its quarantine, by reason.

    version: of the recording's files, or of its rows in a table, when these rows were made.
    complete: the last of the recording's rows is among these.
    removed: these rows are being removed from the part; they may be gone already.
    """

    recording: str
    version: str
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    complete: bool = False
    removed: bool = False

    @property
    def quarantined(self) -> int:
        """Number of quarantined rows."""
        return self.reasons.total()

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> "Entry":
        """Read a row with the columns of `SCHEMA`."""
        _, _, recording, version, rows, _, reasons, complete, removed = row
        counts = Counter(json.loads(reasons))
        return cls(recording, version, rows, counts, bool(complete), bool(removed))


def entries_table(number: int, entries: list[Entry]) -> pa.Table:
    """The entries of part `number` as a table of `SCHEMA`."""
    return rows_table(
        [
            (number, position, entry.recording, entry.version, entry.rows, entry.quarantined,
             json.dumps(entry.reasons, sort_keys=True), entry.complete, entry.removed)
            for position, entry in enumerate(entries)
        ]
    )  # fmt: skip


def rows_table(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows with the columns of `SCHEMA` as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(column).cast(f.type) for column, f in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)
