"""Which recordings a manifest holds: in which parts, and in which version of their files.

index/recordings/part-00007.parquet   the entries of part 7; published after the part and its
                                      quarantine, so the part is whole once this file exists
index/recordings.parquet              the entries of all parts of a finished ingest

A part's own file in the folder takes precedence over its entries in the merged file.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import FILE_REASONS, NotDone
from daf_core.manifest.entries import Entry, rows_table
from daf_core.storage import parquet, part_index
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name, part_number
from daf_core.storage.part_index import PartFacts
from daf_core.storage.scratch_database import scratch_database

_BATCH_ROWS = 65_536
_SCHEMA = """
    CREATE TABLE entries (part INTEGER, position INTEGER, recording TEXT, version TEXT,
        rows INTEGER, rejected INTEGER, reasons TEXT, complete INTEGER, removed INTEGER,
        PRIMARY KEY (part, position)) WITHOUT ROWID;
    CREATE INDEX by_recording ON entries (recording, version);
    CREATE TABLE source (recording TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID;
    CREATE TABLE compared (recording TEXT PRIMARY KEY, outcome TEXT) WITHOUT ROWID;
    CREATE VIEW outdated AS SELECT part, position, recording, removed
        FROM entries JOIN source USING (recording) WHERE entries.version != source.version;
    CREATE VIEW gone AS SELECT part, position, recording
        FROM entries LEFT JOIN source USING (recording) WHERE source.recording IS NULL;
    CREATE VIEW due AS SELECT recording FROM source WHERE version != '' AND NOT EXISTS (
        SELECT 1 FROM entries WHERE entries.recording = source.recording
        AND entries.version = source.version AND complete AND NOT removed)
"""


@dataclass(frozen=True)
class Comparison:
    """Counts of the recordings of source and manifest; files that are not used are none.

    new: only in the source; changed: in the manifest in an older version; gone: only in the
    manifest, where their rows stay; kept: the same in both.
    """

    new: int
    changed: int
    gone: int
    kept: int

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


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

    def reasons(self) -> dict[str, int]:
        """Reason → quarantined rows of the manifest."""
        counts = "SELECT key, SUM(value) FROM entries, json_each(reasons) GROUP BY key ORDER BY key"
        return dict(self._all(counts))

    def compare(self, source: Iterable[tuple[str, str]]) -> None:
        """Store the (recording, version) pairs of the source and compare them with the entries."""
        self._database.executemany("INSERT INTO source VALUES (?, ?)", source)
        self._database.execute(
            "INSERT INTO compared SELECT recording, CASE"
            " WHEN recording IN (SELECT recording FROM outdated) THEN 'changed'"
            " WHEN recording IN (SELECT recording FROM due) THEN 'new' ELSE 'kept' END"
            " FROM source WHERE recording != ''"
        )
        self._database.execute(
            "INSERT INTO compared SELECT DISTINCT recording, 'gone' FROM gone WHERE recording != ''"
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

    def parts_of(self, recording: str) -> list[int]:
        """Parts that hold rows of any version of a recording, in order."""
        query = "SELECT DISTINCT part FROM entries WHERE recording = ? AND rows > 0 ORDER BY part"
        return self._numbers(query, recording)

    def parts_with_outdated(self) -> list[int]:
        """Parts that hold rows of an older version than the source's, in order."""
        return self._numbers("SELECT DISTINCT part FROM outdated WHERE NOT removed ORDER BY part")

    def parts_with_removed(self) -> list[int]:
        """Parts from which an interrupted ingest was removing rows."""
        return self._numbers("SELECT DISTINCT part FROM entries WHERE removed ORDER BY part")

    def outdated_in(self, number: int) -> set[int]:
        """Positions of the entries of a part that are older than the source's version."""
        return set(self._numbers("SELECT position FROM outdated WHERE part = ?", number))

    def gone(self) -> Iterator[tuple[int, set[int]]]:
        """Parts with entries of recordings that are gone from the source, and their positions."""
        for number in self._numbers("SELECT DISTINCT part FROM gone ORDER BY part"):
            yield number, set(self._numbers("SELECT position FROM gone WHERE part = ?", number))

    def _numbers(self, query: str, *values: object) -> list[int]:
        return [number for (number,) in self._all(query, *values)]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()


def load(output: Output, fingerprint: str) -> Catalogue:
    """The catalogue of the manifest in `output`, of the run with this fingerprint.

    Costs two reads and a listing, and one read per part published since the last finished ingest.

    Raises:
        NotDone: a finished part is missing.
    """
    catalogue = Catalogue()
    loose = parquet.list_parts(output.recordings_uri)
    with ThreadPoolExecutor(16) as pool:
        _insert_finished(
            catalogue, output, part_index.read(output.index_uri, fingerprint), loose, pool
        )
        read = partial(parquet.read, kind="recordings")
        uris = [join(output.recordings_uri, name) for name in loose]
        for name, (table, footer) in zip(loose, pool.map(read, uris), strict=True):
            catalogue.put(part_number(name), table, PartFacts.from_footer(footer))
    in_removal = {part_name(number) for number in catalogue.parts_with_removed()}
    missing = catalogue.facts.keys() - in_removal - set(output.part_names())
    if missing:
        raise NotDone(
            f"{output.root}: {min(missing)} is missing ({len(missing)} parts in all); restore the "
            f"missing parts or start over with `fresh`"
        )
    return catalogue


def _insert_finished(
    catalogue: Catalogue,
    output: Output,
    known: dict[str, PartFacts],
    loose: list[str],
    pool: ThreadPoolExecutor,
) -> None:
    """Insert the entries of the last finished ingest, except of parts published since (`loose`)."""
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
    """Write the part index and the merged entries; the parts' own entries can be deleted then."""
    part_index.write(output.index_uri, catalogue.facts.values(), fingerprint)
    parquet.write(output.all_recordings_uri, catalogue.table(), "recordings")
