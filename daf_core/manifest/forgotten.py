"""Recordings that a manifest must not take in again: only hashes of their names are stored.

Whoever has the file and guesses a name can check the guess; the names themselves are not in it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from daf_core.schemas import Row
from daf_core.sources.inspection import Inspected
from daf_core.storage import files
from daf_core.storage.output import Output

FILE = "forgotten.json"
Held = TypeVar("Held")


@dataclass(frozen=True)
class Forgotten:
    """Names of recordings, and of groups of files in the source, as hashes under a salt."""

    salt: str
    hashes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, manifest: Output) -> "Forgotten":
        """Those of a manifest."""
        found = files.read_json(files.join(manifest.root, FILE))
        if found is None:
            return cls(secrets.token_hex(16))
        return cls(found["salt"], frozenset(found["hashes"]))

    def write(self, manifest: Output) -> None:
        """Publish them in the manifest's folder; `fresh` leaves them there."""
        uri = files.join(manifest.root, FILE)
        files.write_json(uri, {"salt": self.salt, "hashes": sorted(self.hashes)})

    def has(self, name: str) -> bool:
        """Whether this name was forgotten."""
        return bool(self.hashes) and self._hash(name) in self.hashes

    def and_also(self, names: Iterable[str]) -> "Forgotten":
        """With further names."""
        return Forgotten(self.salt, self.hashes | {*map(self._hash, names)})

    def but_not(self, names: Collection[str]) -> "Forgotten":
        """Without these names, which may be taken in again."""
        return Forgotten(self.salt, self.hashes - {*map(self._hash, names)})

    def remembered(self, recordings: Iterable[tuple[str, Held]]) -> Iterator[tuple[str, Held]]:
        """The recordings of a source, by name, that were not forgotten."""
        return (one for one in recordings if not self.has(one[0]))

    def without(self, inspected: Inspected) -> Inspected:
        """Rows and quarantine rows of recordings that were not forgotten."""
        if not self.hashes:
            return inspected
        rows = self.stays(inspected.rows)
        guessed = inspected.guessed if len(rows) == len(inspected.rows) else ()
        return Inspected(rows, self.stays(inspected.quarantined), guessed)

    def stays(self, rows: list[Row]) -> list[Row]:
        """Those of the rows whose recording was not forgotten, or that name none."""
        return [row for row in rows if not row["recording_id"] or not self.has(row["recording_id"])]

    def _hash(self, name: str) -> str:
        return hmac.new(self.salt.encode(), name.encode(), hashlib.sha256).hexdigest()
