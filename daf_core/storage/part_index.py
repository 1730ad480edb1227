"""Facts about finished parts: in each part's footer, and for all parts in the part index.

The index is written when a run is complete, and at intervals before. With it, planning a run takes
two reads and one listing for any number of parts. Without it the same facts are read from the
footers, one read for each part.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.storage import parquet
from daf_core.storage.missing import parts_missing
from daf_core.storage.output import Output
from daf_core.storage.run_record import RunRecord
from daf_core.storage.table_kinds import FACTS_FOOTER

READERS = 32  # footers read at the same time
SCHEMA = pa.schema(
    [
        pa.field("part", pa.string(), nullable=False),
        pa.field("contents", pa.string(), nullable=False),
        pa.field("rows_in", pa.int64(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("audio_s", pa.float64(), nullable=False),
        pa.field("reasons", pa.map_(pa.string(), pa.int64()), nullable=False),
        pa.field("flags", pa.map_(pa.string(), pa.int64()), nullable=False),
        pa.field("metadata", pa.string()),
    ]
)


# Of PartFacts, in the order of SCHEMA.
FIELDS = ("name", "rows_fingerprint", "rows_in", "rows", "audio_s", "reasons", "flags", "metadata")
COUNTS = ("reasons", "flags")  # in both


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """Facts about one part, finished or still to be made.

    name: of the part's file; rows_fingerprint: of the manifest rows that the part holds or is made
    from, without their metadata; metadata: its fingerprint, empty where it is not known; rows_in:
    how many rows those are; rows: how many of them the part holds, the others are in its
    quarantine; audio_s: seconds of audio in rows_in; reasons: quarantined rows by reason; flags:
    rows that the part holds by flag; nodes: machines that worked on the part, in the order of its
    stages, known while the run lasts and not stored.
    """

    name: str
    rows_fingerprint: str
    rows_in: int
    rows: int
    audio_s: float
    reasons: dict[str, int]
    flags: dict[str, int] = field(default_factory=dict)
    metadata: str = ""
    nodes: tuple[str, ...] = field(default=(), compare=False)

    def as_dict(self) -> dict[str, Any]:
        """As in a footer and in the index, by the names of `SCHEMA`."""
        return {
            "part": self.name,
            "contents": self.rows_fingerprint,
            "rows_in": self.rows_in,
            "rows": self.rows,
            "audio_s": self.audio_s,
            "reasons": self.reasons,
            "flags": self.flags,
            "metadata": self.metadata,
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> "PartFacts":
        """Read what `as_dict` wrote; reasons and flags may come as pairs, as Arrow gives maps."""
        return cls(
            name=found["part"],
            rows_fingerprint=found["contents"],
            rows_in=found["rows_in"],
            rows=found["rows"],
            audio_s=found["audio_s"],
            reasons=dict(found["reasons"]),
            flags=dict(found.get("flags", {})),
            metadata=found.get("metadata") or "",
        )

    def footer(self) -> dict[str, str]:
        """The entry of a part's footer that holds these facts."""
        return {FACTS_FOOTER: json.dumps(self.as_dict(), sort_keys=True)}

    @classmethod
    def from_footer(cls, footer: dict[str, str]) -> "PartFacts | None":
        """The facts in a part's footer, None where it holds none."""
        text = footer.get(FACTS_FOOTER)
        return None if text is None else cls.from_dict(json.loads(text))


def count_flags(rows: pa.Table) -> dict[str, int]:
    """Flag → how many of `rows` have it, by name; none where the table has no flags."""
    if "flags" not in rows.column_names:
        return {}
    counts = pc.value_counts(pc.list_flatten(rows["flags"])).to_pylist()
    return dict(sorted((one["values"], one["counts"]) for one in counts))


def write(uri: str, parts: Iterable[PartFacts], fingerprint: str) -> None:
    """Publish the index of the run with this fingerprint, in order of the parts' names."""
    ordered = sorted(parts, key=attrgetter("name"))
    values = {field: [getattr(part, field) for part in ordered] for field in FIELDS}
    columns = [
        _counts_column(values[field]) if field in COUNTS else values[field] for field in FIELDS
    ]
    table = pa.table(columns, schema=SCHEMA)
    parquet.write(uri, table, "index", {"daf.fingerprint": fingerprint})


def _counts_column(counts: list[dict[str, int]]) -> pa.Array:
    """Counts by name, of each part, in order of the names."""
    ends = np.cumsum([0, *map(len, counts)], dtype=np.int32)
    names = [name for one in counts for name in sorted(one)]
    numbers = [one[name] for one in counts for name in sorted(one)]
    keys, values = pa.array(names, pa.string()), pa.array(numbers, pa.int64())
    return pa.MapArray.from_arrays(ends, keys, values)


def read(uri: str, fingerprint: str) -> dict[str, PartFacts]:
    """Part name → facts; empty if there is no index, or the index of another run.

    Raises:
        SettingsError: the file is not an index of this version.
        NotDone: the storage fails.
    """
    found = parquet.read_if_there(uri, "index")
    if found is None or found[1].get("daf.fingerprint") != fingerprint:
        return {}
    table = found[0]
    if "metadata" not in table.column_names:  # of an older index
        table = table.append_column("metadata", pa.array([""] * len(table)))
    columns = [
        _counts(table[name]) if name in COUNTS else table[name].to_pylist() for name in SCHEMA.names
    ]
    rows = (dict(zip(FIELDS, values, strict=True)) for values in zip(*columns, strict=True))
    return {row["name"]: PartFacts(**row) for row in rows}


def _counts(column: pa.ChunkedArray) -> list[dict[str, int]]:
    """Counts by name, of each part."""
    found: list[dict[str, int]] = []
    for chunk in column.chunks:
        names, numbers = chunk.keys.to_pylist(), chunk.items.to_pylist()
        ends = chunk.offsets.to_pylist()
        found += [
            dict(zip(names[start:end], numbers[start:end], strict=True)) if end > start else {}
            for start, end in pairwise(ends)
        ]
    return found


def of_finished(output: Output, record: RunRecord) -> dict[str, PartFacts]:
    """Part name → facts of the finished run with this record; from footers if the index is lost.

    Takes a listing.

    Raises:
        SettingsError: parts are missing, or have no facts in their footer.
    """
    found, there = read(output.index_uri, record.fingerprint), output.part_names()
    if not found:
        with ThreadPoolExecutor(READERS) as pool:
            facts = pool.map(partial(facts_of_part, output), there)
            found = {one.name: one for one in facts}
    parts = record.facts.get("parts")
    if parts is None:
        raise SettingsError(
            f"{output.record_uri}: expected the number of parts, found none; the file is damaged: "
            f"make the output again"
        )
    if not found.keys() <= {*there}:
        raise parts_missing(output, len(found), there)
    if len(found) != parts:
        raise SettingsError(
            f"{output.root}: expected the {number_of(parts, 'part')} of a finished run of "
            f"{output.kind}, found {len(found)}; run the command that makes them again"
        )
    return found


def facts_of_part(output: Output, name: str) -> PartFacts:
    """The facts in the footer of a part.

    Raises:
        SettingsError: it has none.
    """
    facts = PartFacts.from_footer(output.footer(name))
    if facts is None:
        raise SettingsError(
            f"{output.part_uri(name)}: expected facts about the part in its footer, found none; "
            f"make the part again"
        )
    return facts
