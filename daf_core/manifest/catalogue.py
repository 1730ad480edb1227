"""Which recordings a manifest holds: in which parts, and in which version of their files."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from daf_core.errors import FILE_REASONS
from daf_core.manifest.comparison import Comparison, Gone
from daf_core.manifest.entries import Entry, rows_table
from daf_core.sources.remarks import SHOWN, Outcome
from daf_core.storage.parquet import part_name
from daf_core.storage.part_index import PartFacts
from daf_core.storage.scratch_database import scratch_database

_BATCH_ROWS = 65_536
_OF_FILES = ", ".join(f"'{reason}'" for reason in FILE_REASONS)
_SCHEMA = f"""
    CREATE TABLE entries (part INTEGER, position INTEGER, recording TEXT, version TEXT,
        rows INTEGER, rejected INTEGER, reasons TEXT, complete INTEGER, removed INTEGER,
        PRIMARY KEY (part, position)) WITHOUT ROWID;
    CREATE INDEX by_recording ON entries (recording, version);
    CREATE TABLE source (recording TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID;
    CREATE TABLE compared (recording TEXT PRIMARY KEY, outcome TEXT) WITHOUT ROWID;
    CREATE TABLE pruned (recording TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE VIEW outdated AS SELECT part, position, recording, removed
        FROM entries JOIN source USING (recording) WHERE entries.version != source.version
        UNION ALL SELECT part, position, recording, removed FROM entries
        WHERE rows = 0 AND rejected > 0 AND recording NOT IN (SELECT recording FROM source)
        AND NOT EXISTS (SELECT 1 FROM json_each(reasons)
            WHERE SUBSTR(key, 1, INSTR(key || ' ', ' ') - 1) NOT IN ({_OF_FILES}))
        UNION ALL SELECT part, position, recording, removed FROM entries JOIN pruned
            USING (recording);
    CREATE VIEW gone AS SELECT part, position, recording
        FROM entries LEFT JOIN source USING (recording) WHERE source.recording IS NULL;
    CREATE VIEW due AS SELECT recording FROM source WHERE version != '' AND NOT EXISTS (
        SELECT 1 FROM entries WHERE entries.recording = source.recording
        AND entries.version = source.version AND complete AND NOT removed)
"""


class Place(NamedTuple):
    """Where a part holds rows of a recording: from row `first` of the part on, and from row
    `first_rejected` of its quarantine.
    """

    part: int
    position: int
    version: str
    rows: int
    rejected: int
    complete: bool
    removed: bool
    first: int
    first_rejected: int


class Catalogue:
    """The entries of a manifest and the versions of its source, in a temporary database.

    Disk bounds their number, not memory. `facts` maps the name of each part with rows to its part
    facts; `next_part` is the number of the next part.
    """

    def __init__(self) -> None:
        self.facts: dict[str, PartFacts] = {}
        self.next_part = 0
        self._database = scratch_database(_SCHEMA)

    def put(self, number: int, entries: pa.Table, facts: PartFacts | None) -> None:
        """Set the entries of a part, a table of `entries.SCHEMA`, and its facts if it has rows."""
        self._database.execute("DELETE FROM entries WHERE part = ?", [number])
        self.insert(entries)
        self.facts.pop(part_name(number), None)
        if facts is not None:
            self.facts[facts.name] = facts
        self.next_part = max(self.next_part, number + 1)

    def insert(self, entries: pa.Table) -> None:
        """Add entries of any parts, a table of `entries.SCHEMA`."""
        for batch in entries.to_batches(_BATCH_ROWS):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            self._database.executemany(f"INSERT INTO entries VALUES (?{', ?' * 8})", rows)
        last = self._numbers("SELECT COALESCE(MAX(part), -1) FROM entries")[0]
        self.next_part = max(self.next_part, last + 1)

    def entries(self, number: int) -> list[Entry]:
        """The entries of a part, in order."""
        rows = self._all("SELECT * FROM entries WHERE part = ? ORDER BY position", number)
        return [Entry.from_row(row) for row in rows]

    def table(self) -> pa.Table:
        """All entries, in order of part and position, as a table of `entries.SCHEMA`."""
        rows = self._database.execute("SELECT * FROM entries ORDER BY part, position")
        batches: list[pa.Table] = []
        while batch := rows.fetchmany(_BATCH_ROWS):
            batches.append(rows_table(batch))
        return pa.concat_tables([rows_table([]), *batches]).combine_chunks()

    def parts(self) -> set[str]:
        """Names of the parts that are whole (published with their entries)."""
        return {part_name(number) for (number,) in self._all("SELECT DISTINCT part FROM entries")}

    def numbers(self) -> list[int]:
        """Numbers of the parts that are whole, in order."""
        return self._numbers("SELECT DISTINCT part FROM entries ORDER BY part")

    def outcome(self, recording: str) -> Outcome:
        """How many rows the manifest holds of a recording, and why others are quarantined."""
        found = self._all("SELECT rows, reasons FROM entries WHERE recording = ?", recording)
        counts = Counter[str]()
        for _, own in found:
            for reason, count in json.loads(own).items():
                counts[reason.partition(" ")[0]] += count
        return Outcome(sum(rows for rows, _ in found), frozenset(counts), counts)

    def reasons(self) -> dict[str, int]:
        """Reason → quarantined rows of the manifest."""
        counts = "SELECT key, SUM(value) FROM entries, json_each(reasons) GROUP BY key ORDER BY key"
        return dict(self._all(counts))

    def compare(self, source: Iterable[tuple[str, str]], prune: bool = False) -> None:
        """Store the (recording, version) pairs of the source and compare them with the entries.

        prune: recordings that are gone from the source are outdated, rather than kept.
        """
        self._database.executemany("INSERT INTO source VALUES (?, ?)", source)
        if prune:
            self._database.execute("INSERT INTO pruned SELECT DISTINCT recording FROM gone")
        self._database.execute(
            "INSERT INTO compared SELECT recording, CASE"
            " WHEN recording IN (SELECT recording FROM outdated) THEN 'changed'"
            " WHEN recording IN (SELECT recording FROM due) THEN 'new' ELSE 'kept' END"
            " FROM source WHERE recording != ''"
        )
        self._database.execute(
            "INSERT INTO compared SELECT DISTINCT recording, 'gone' FROM gone WHERE recording != ''"
            " AND recording NOT IN (SELECT recording FROM outdated)"
        )

    def comparison(self) -> Comparison:
        """How the source compared with the manifest; call this when the manifest is up to date."""
        marks = ", ".join("?" * len(FILE_REASONS))
        files_only = (
            "SELECT recording FROM entries LEFT JOIN json_each(reasons) GROUP BY recording"
            f" HAVING TOTAL(rows) = 0 AND COUNT(key) = TOTAL(SUBSTR(key, 1,"
            f" INSTR(key || ' ', ' ') - 1) IN ({marks})) AND COUNT(key) > 0"
        )
        counts = self._all(
            "SELECT outcome, COUNT(*) FROM compared"
            f" WHERE recording NOT IN ({files_only}) GROUP BY outcome",
            *FILE_REASONS,
        )
        return Comparison(**{"new": 0, "changed": 0, "gone": 0, "kept": 0} | dict(counts))

    def gone_from_source(self) -> Gone:
        """The recordings that are gone from the source, whether they are kept or pruned."""
        kept = "SELECT recording FROM compared WHERE outcome = 'gone' ORDER BY recording LIMIT ?"
        pruned = "SELECT recording FROM pruned ORDER BY recording LIMIT ?"
        ((count,),) = self._all("SELECT COUNT(*) FROM pruned")
        first = ([name for (name,) in self._all(one, SHOWN + 1)] for one in (kept, pruned))
        return Gone(count, *map(tuple, first))

    def is_up_to_date(self) -> bool:
        """Whether the manifest holds the source's version of each recording, and no older one."""
        removed = "SELECT recording FROM entries WHERE removed"
        found = self._all(
            f"SELECT * FROM due UNION ALL SELECT recording FROM outdated UNION ALL {removed}"
            f" LIMIT 1"
        )
        return not found

    def is_due(self, recording: str) -> bool:
        """Whether the manifest lacks rows of the source's version of this recording."""
        return bool(self._all("SELECT * FROM due WHERE recording = ?", recording))

    def version(self, recording: str) -> str:
        """The source's version of a recording."""
        ((version,),) = self._all("SELECT version FROM source WHERE recording = ?", recording)
        return str(version)

    def held(self, recording: str) -> tuple[int, int]:
        """How many rows, and quarantined rows, the manifest holds of the source's version."""
        ((rows, quarantined),) = self._all(
            "SELECT TOTAL(rows), TOTAL(rejected) FROM entries"
            " JOIN source USING (recording, version) WHERE recording = ? AND NOT removed",
            recording,
        )
        return int(rows), int(quarantined)

    def places(self, recording: str) -> list[Place]:
        """Where the manifest holds rows of a recording, in any version, in order."""
        before = (
            "(SELECT TOTAL({}) FROM entries e WHERE e.part = o.part AND e.position < o.position)"
        )
        query = (
            "SELECT part, position, version, rows, rejected, complete, removed, "
            f"{before.format('rows')}, {before.format('rejected')} FROM entries o "
            "WHERE recording = ? ORDER BY part, position"
        )
        found = self._all(query, recording)
        return [Place._make([*row[:7], int(row[7]), int(row[8])]) for row in found]

    def parts_of(self, recording: str) -> list[int]:
        """Parts that hold rows of any version of a recording, in order."""
        query = "SELECT DISTINCT part FROM entries WHERE recording = ? AND rows > 0 ORDER BY part"
        return self._numbers(query, recording)

    def parts_with_outdated(self) -> list[int]:
        """Parts that hold rows of an older version than the source's, or files that were not used
        and are gone, in order.
        """
        return self._numbers("SELECT DISTINCT part FROM outdated WHERE NOT removed ORDER BY part")

    def parts_with_removed(self) -> list[int]:
        """Parts from which an interrupted ingest was removing rows."""
        return self._numbers("SELECT DISTINCT part FROM entries WHERE removed ORDER BY part")

    def outdated_in(self, number: int) -> set[int]:
        """Positions of the entries of a part that `parts_with_outdated` is about."""
        return set(self._numbers("SELECT position FROM outdated WHERE part = ?", number))

    def gone(self) -> Iterator[tuple[int, set[int]]]:
        """Parts with entries of recordings that are gone from the source, and their positions."""
        for number in self._numbers("SELECT DISTINCT part FROM gone ORDER BY part"):
            yield number, set(self._numbers("SELECT position FROM gone WHERE part = ?", number))

    def _numbers(self, query: str, *values: object) -> list[int]:
        return [number for (number,) in self._all(query, *values)]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()
