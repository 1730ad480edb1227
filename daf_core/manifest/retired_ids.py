"""Recordings that were deleted from a table keep their rows: no new row may take their ids."""

from daf_core.manifest.catalogue import Catalogue
from daf_core.sources.inspection import Inspected, duplicate_id
from daf_core.sources.manifest_rows import quarantine_row
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name
from daf_core.storage.scratch_database import scratch_database

_SCHEMA = "CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID"


class RetiredIds:
    """Utterance ids of the manifest rows whose recordings the source no longer has.

    Needed for tables that give utterance ids. Ids within one table are compared as it is read, and
    derived ids depend on the recording.
    """

    def __init__(self, output: Output, catalogue: Catalogue) -> None:
        self._database = scratch_database(_SCHEMA)
        for number, positions in catalogue.gone():
            entries = catalogue.entries(number)
            gone = [
                position in positions
                for position, entry in enumerate(entries)
                for _ in range(entry.rows)
            ]
            if any(gone):
                ids = output.read(part_name(number), ["utterance_id"])["utterance_id"]
                self._database.executemany(
                    "INSERT OR IGNORE INTO ids VALUES (?)",
                    ((id_.as_py(),) for id_, is_gone in zip(ids, gone, strict=True) if is_gone),
                )

    def quarantine_reused(self, inspected: Inspected) -> Inspected:
        """Quarantine the rows that have one of these ids."""
        reused = [row for row in inspected.rows if self._has(row["utterance_id"])]
        if not reused:
            return inspected
        rows = [row for row in inspected.rows if not self._has(row["utterance_id"])]
        quarantined = [quarantine_row(duplicate_id(row), row) for row in reused]
        return Inspected(rows, inspected.quarantined + quarantined)

    def _has(self, utterance_id: str) -> bool:
        found = self._database.execute("SELECT 1 FROM ids WHERE id = ?", [utterance_id])
        return found.fetchone() is not None
