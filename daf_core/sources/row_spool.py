"""Rows of a table put aside on disk and taken back recording by recording."""

import itertools
import json
import sqlite3
from collections.abc import Iterator

from daf_core.sources.inspection import duplicate
from daf_core.sources.manifest_rows import Row


class RowSpool:
    """Regroups rows in a temporary database, so that disk bounds a table's size, not memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": on disk, deleted on close
        self._database.execute(
            "CREATE TABLE rows (number INTEGER PRIMARY KEY, recording TEXT NOT NULL,"
            " utterance_id TEXT UNIQUE, body TEXT NOT NULL)"
        )
        self._database.execute("BEGIN")

    def add(self, recording: str, row: Row) -> None:
        """Put a row aside under its recording.

        Raises:
            BadInput: `duplicate_id`, a row given the same utterance id is there already.
        """
        values = (recording, row["utterance_id"], json.dumps(row))
        added = self._database.execute(
            "INSERT OR IGNORE INTO rows (recording, utterance_id, body) VALUES (?, ?, ?)",
            values,
        )
        if added.rowcount == 0:
            raise duplicate(row)

    def recordings(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield each recording with its rows as they came, in order of first appearance."""
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
