"""Which recordings a manifest holds: of each, in which parts, as of which version of its files.

MANIFEST/_recordings/part-00007.parquet   the entries of part 7; published last, they say that the
                                          part and its quarantine are whole
MANIFEST/_recordings.parquet              those of all parts of a finished ingest, in one file

What a file of the folder says of its part comes before what the one file says.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import NotDone
from daf_core.manifest import entries
from daf_core.manifest.entries import Entry
from daf_core.storage import parquet, part_index
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name, part_number
from daf_core.storage.part_index import PartFacts

_BATCH_ROWS = 65_536
_TABLES = """
    CREATE TABLE entries (part INTEGER, position INTEGER, recording TEXT, version TEXT,
        rows INTEGER, rejected INTEGER, reasons TEXT, complete INTEGER, removed INTEGER,
        PRIMARY KEY (part, position)) WITHOUT ROWID;
    CREATE INDEX by_recording ON entries (recording, version);
    CREATE TABLE source (recording TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID;
    CREATE VIEW old AS SELECT part, position, recording, removed
        FROM entries JOIN source USING (recording) WHERE entries.version != source.version;
    CREATE VIEW gone AS SELECT part, position, recording
        FROM entries LEFT JOIN source USING (recording) WHERE source.recording IS NULL;
    CREATE VIEW due AS SELECT recording FROM source WHERE version != '' AND NOT EXISTS (
        SELECT 1 FROM entries WHERE entries.recording = source.recording
        AND entries.version = source.version AND complete AND NOT removed);
    BEGIN;
"""


@dataclass(frozen=True)
class Comparison:
    """How many recordings the source has that the manifest lacks, or has as they were, …"""

    new: int
    changed: int
    gone: int  # from the source; their rows stay
    kept: int


class Catalogue:
    """What a manifest holds and what its source does, in a temporary database: disk bounds it.

    `facts` has those of each part with rows, by name; `next_part` is the number of the next part.
    """

    def __init__(self) -> None:
        self.facts: dict[str, PartFacts] = {}
        self.next_part = 0
        self._database = sqlite3.connect("", isolation_level=None)  # "": on disk, deleted on close
        self._database.executescript(_TABLES)

    def put(self, number: int, held: pa.Table, facts: PartFacts | None) -> None:
        """Set what a part holds: its entries as a table, and its facts if it has rows."""
        self._database.execute("DELETE FROM entries WHERE part = ?", [number])
        self.insert(held)
        self.facts.pop(part_name(number), None)
        if facts is not None:
            self.facts[facts.name] = facts
        self.next_part = max(self.next_part, number + 1)

    def insert(self, held: pa.Table) -> None:
        """Add entries of several parts."""
        for batch in held.to_batches(_BATCH_ROWS):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            self._database.executemany(f"INSERT INTO entries VALUES (?{', ?' * 8})", rows)
        last = self._numbers("SELECT COALESCE(MAX(part), -1) FROM entries")[0]
        self.next_part = max(self.next_part, last + 1)

    def entries(self, number: int) -> list[Entry]:
        """What a part holds, in order."""
        rows = self._all("SELECT * FROM entries WHERE part = ? ORDER BY position", number)
        return [entries.entry_of(row) for row in rows]

    def table(self) -> pa.Table:
        """All entries that stay, in order."""
        rows = self._database.execute("SELECT * FROM entries ORDER BY part, position")
        batches: list[pa.Table] = []
        while batch := rows.fetchmany(_BATCH_ROWS):
            batches.append(entries.table_of(batch))
        return pa.concat_tables([entries.table_of([]), *batches]).combine_chunks()

    def parts(self) -> set[str]:
        """Names of the parts that are whole."""
        return {part_name(number) for (number,) in self._all("SELECT DISTINCT part FROM entries")}

    def reasons(self) -> dict[str, int]:
        """Quarantined rows of the manifest by reason."""
        counts = "SELECT key, SUM(value) FROM entries, json_each(reasons) GROUP BY key ORDER BY key"
        return dict(self._all(counts))

    def compare(self, source: Iterable[tuple[str, str]]) -> Comparison:
        """Take in what the source holds, (recording, version) each; says how that compares."""
        self._database.executemany("INSERT INTO source VALUES (?, ?)", source)
        changed, due = self._count("old"), self._count("due")
        new = due - self._count("due JOIN (SELECT DISTINCT recording FROM old) USING (recording)")
        return Comparison(new, changed, self._count("gone"), self._count("source") - new - changed)

    def holds_the_source(self) -> bool:
        """Whether the manifest holds what the source does, and no older version of it."""
        out = "SELECT recording FROM entries WHERE removed"
        found = self._all(
            f"SELECT * FROM due UNION ALL SELECT recording FROM old UNION ALL {out} LIMIT 1"
        )
        return not found

    def is_due(self, recording: str) -> bool:
        """Whether the manifest lacks rows of what the source now has of this recording."""
        return bool(self._all("SELECT * FROM due WHERE recording = ?", recording))

    def version(self, recording: str) -> str:
        """That of the source."""
        ((version,),) = self._all("SELECT version FROM source WHERE recording = ?", recording)
        return str(version)

    def held(self, recording: str) -> tuple[int, int]:
        """Rows and rejected rows that the manifest has already of the source's version."""
        ((rows, rejected),) = self._all(
            "SELECT TOTAL(rows), TOTAL(rejected) FROM entries"
            " JOIN source USING (recording, version) WHERE recording = ? AND NOT removed",
            recording,
        )
        return int(rows), int(rejected)

    def parts_with_old(self) -> list[int]:
        """Parts that hold rows of an older version than the source's, in order."""
        return self._numbers("SELECT DISTINCT part FROM old WHERE NOT removed ORDER BY part")

    def parts_with_removed(self) -> list[int]:
        """Parts from which an interrupted ingest was taking rows."""
        return self._numbers("SELECT DISTINCT part FROM entries WHERE removed ORDER BY part")

    def old_in(self, number: int) -> set[int]:
        """Positions in a part of what is older than the source's version."""
        return set(self._numbers("SELECT position FROM old WHERE part = ?", number))

    def gone(self) -> Iterator[tuple[int, set[int]]]:
        """Parts with rows of recordings that are gone from the source, and their positions."""
        for number in self._numbers("SELECT DISTINCT part FROM gone ORDER BY part"):
            yield number, set(self._numbers("SELECT position FROM gone WHERE part = ?", number))

    def _count(self, recordings: str) -> int:
        counted = f"SELECT COUNT(DISTINCT recording) FROM {recordings} WHERE recording != ''"
        return self._numbers(counted)[0]

    def _numbers(self, query: str, *values: object) -> list[int]:
        return [number for (number,) in self._all(query, *values)]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()


def load(output: Output, fingerprint: str) -> Catalogue:
    """What the manifest of the run with this fingerprint holds: two reads and a listing, and a read
    for each part that was published since the last finished ingest.

    Raises:
        NotDone: a part that was finished is not there.
    """
    catalogue = Catalogue()
    loose = parquet.list_parts(output.recordings_uri)
    with ThreadPoolExecutor(16) as pool:
        _take_in_finished(
            catalogue, output, part_index.read(output.index_uri, fingerprint), loose, pool
        )
        read = partial(parquet.read, kind="recordings")
        uris = [join(output.recordings_uri, name) for name in loose]
        for name, (table, footer) in zip(loose, pool.map(read, uris), strict=True):
            catalogue.put(part_number(name), table, PartFacts.from_footer(footer))
    halved = {part_name(number) for number in catalogue.parts_with_removed()}
    missing = catalogue.facts.keys() - halved - set(output.part_names())
    if missing:
        raise NotDone(
            f"{output.root}: {min(missing)} is missing, {len(missing)} parts in all; put what is "
            f"missing back or start over with --fresh"
        )
    return catalogue


def _take_in_finished(
    catalogue: Catalogue,
    output: Output,
    known: dict[str, PartFacts],
    loose: list[str],
    pool: ThreadPoolExecutor,
) -> None:
    """The parts of the last finished ingest that have no loose entries since."""
    found = parquet.read_if_there(output.all_recordings_uri, "recordings")
    if found is None:
        return
    numbers = pa.array([part_number(name) for name in loose], pa.int64())
    finished = found[0].filter(pc.invert(pc.is_in(found[0]["part"], numbers)))
    catalogue.insert(finished)
    filled = pc.unique(finished.filter(pc.greater(finished["rows"], 0))["part"]).to_pylist()
    names = [part_name(number) for number in filled]

    def from_footer(name: str) -> PartFacts | None:
        return PartFacts.from_footer(output.footer(name))

    lost = [name for name in names if name not in known]
    known = known | {facts.name: facts for facts in pool.map(from_footer, lost) if facts}
    catalogue.facts = {name: known[name] for name in names}


def save(catalogue: Catalogue, output: Output, fingerprint: str) -> None:
    """Say in one file what the files of the folder say, before those go."""
    part_index.write(output.index_uri, catalogue.facts.values(), fingerprint)
    parquet.write(output.all_recordings_uri, catalogue.table(), "recordings")
