"""Recordings that are gone from a table keep their rows: no new row may have the id of one."""

import sqlite3

from daf_core.manifest.catalogue import Catalogue
from daf_core.sources.inspection import Inspected, duplicate
from daf_core.sources.manifest_rows import quarantined
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name


class RetiredIds:
    """Utterance ids of the rows of recordings that are gone, in a temporary database.

    Within a table ids are compared as it is read; derived ids hold the recording's.
    """

    def __init__(self, output: Output, catalogue: Catalogue) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": on disk, deleted on close
        self._database.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")
        for number, positions in catalogue.gone():
            held = catalogue.entries(number)
            gone = [
                place in positions for place, entry in enumerate(held) for _ in range(entry.rows)
            ]
            if any(gone):
                ids = output.read(part_name(number), ["utterance_id"])["utterance_id"]
                self._database.executemany(
                    "INSERT OR IGNORE INTO ids VALUES (?)",
                    ((id_.as_py(),) for id_, is_gone in zip(ids, gone, strict=True) if is_gone),
                )

    def refuse(self, inspected: Inspected) -> Inspected:
        """Put rows with one of these ids to the rejected."""
        rows, rejected = inspected
        taken = [row for row in rows if self._has(row["utterance_id"])]
        if not taken:
            return inspected
        free = [row for row in rows if not self._has(row["utterance_id"])]
        return free, rejected + [quarantined(duplicate(row), row) for row in taken]

    def _has(self, utterance_id: str) -> bool:
        found = self._database.execute("SELECT 1 FROM ids WHERE id = ?", [utterance_id])
        return found.fetchone() is not None
