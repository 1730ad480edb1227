"""The log of an attempt at a run, for programs: ROOT/attempts/NAME.jsonl beside the attempt's file.

A line is a JSON object: when, which run, which attempt, what happened, and counts. It holds names
of parts and machines, and no words, ids or names of recordings. Each attempt writes a file of its
own, so that attempts that overlap do not disturb each other. Wherever an attempt is killed, every
line that is whole is valid. A log that cannot be written ends, and the run goes on.
"""

import json
import os
import time
from datetime import datetime, timezone

from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import NotDone
from daf_core.storage import files
from daf_core.storage.run_record import Json

LARGEST_BYTES = 4 * 2**20
LAST_LINES_BYTES = 4096  # kept free for those that say that the log is full, and how it ended
PUT_GAP_S = 30.0  # an object store takes no single lines: the log is put there as a whole


class AttemptLog:
    """Writes the lines of one attempt. common: what every line says, such as the run."""

    def __init__(self, uri: str, common: Json) -> None:
        self._uri, self._common = uri, common
        fs, path = files.filesystem(uri)
        self._path = str(path) if isinstance(fs, LocalFileSystem) else None
        self._room = LARGEST_BYTES - LAST_LINES_BYTES
        self._full = self._broken = False
        self._lines: list[bytes] = []  # of a log in an object store, all
        self._put_at = time.monotonic()

    def write(self, event: str, **facts: object) -> None:
        """Add a line, unless the log is full."""
        line = self._line(event, facts)
        if self._full or len(line) > self._room:
            if not self._full:
                self._full = True
                self._add(self._line("full", {}))
            return
        self._room -= len(line)
        self._add(line)

    def end(self, **facts: object) -> None:
        """Add the last line, for which there is always room."""
        self._add(self._line("end", facts))
        if self._path is None:
            self._put()

    def _line(self, event: str, facts: Json) -> bytes:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = {"time": now, **self._common, "event": event, **facts}
        return (json.dumps(line, allow_nan=False) + "\n").encode()

    def _add(self, line: bytes) -> None:
        if self._broken:
            return
        if self._path is not None:
            self._broken = not _appended(self._path, line)
            return
        self._lines.append(line)
        if time.monotonic() - self._put_at > PUT_GAP_S:
            self._put()

    def _put(self) -> None:
        try:
            files.publish(self._uri, b"".join(self._lines))
        except NotDone:
            self._broken = True
        self._put_at = time.monotonic()


def _appended(path: str, line: bytes) -> bool:
    """Whether a line was added to a local file in one write: a part of a line is the last thing in
    a log, as nothing is written after it.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            return os.write(file, line) == len(line)
        finally:
            os.close(file)
    except OSError:
        return False
