"""Rows of a table, set aside on disk and read back recording by recording."""

import itertools
import json
from collections.abc import Iterator

from daf_core.schemas import Row
from daf_core.sources.inspection import duplicate_id
from daf_core.storage.scratch_database import scratch_database

_SCHEMA = """
    CREATE TABLE rows (number INTEGER PRIMARY KEY, recording TEXT NOT NULL,
        utterance_id TEXT UNIQUE, body TEXT NOT NULL)
"""


class RowSpool:
    """Groups rows by recording in a temporary database: disk bounds a table's size, not memory."""

    def __init__(self) -> None:
        self._database = scratch_database(_SCHEMA)

    def add(self, recording: str, row: Row) -> None:
        """Set a row of this recording aside.

        Raises:
            BadInput: `duplicate_id`, an earlier row was given the same utterance id.
        """
        values = (recording, row["utterance_id"], json.dumps(row))
        added = self._database.execute(
            "INSERT OR IGNORE INTO rows (recording, utterance_id, body) VALUES (?, ?, ?)",
            values,
        )
        if added.rowcount == 0:
            raise duplicate_id(row)

    def recordings(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield each recording with its rows in table order, recordings by first appearance."""
        self._database.execute(
            "CREATE INDEX IF NOT EXISTS by_recording ON rows (recording, number)"
        )
        ordered = self._database.execute(
            "SELECT recording, body FROM rows JOIN"
            " (SELECT recording, MIN(number) AS first FROM rows GROUP BY recording)"
            " USING (recording) ORDER BY first, number"
        )
        for recording, entries in itertools.groupby(ordered, key=lambda entry: str(entry[0])):
            yield recording, [json.loads(body) for _, body in entries]
