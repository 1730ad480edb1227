"""A source whose recordings, utterances and speakers have keyed hashes in place of their names."""

import hashlib
import hmac
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from daf_core.decimals import number_of
from daf_core.errors import FILE_REASONS, REASONS, SettingsError
from daf_core.schemas import Row
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, stem
from daf_core.sources.folders.source import FolderSource
from daf_core.sources.inspection import Inspected
from daf_core.sources.recording_names import names_a_recording
from daf_core.sources.remarks import Found, Remarks
from daf_core.sources.table import TableSource
from daf_core.sources.transcripts.unknown import OFFICE_SUFFIXES, told_by_magic
from daf_core.storage.origins import Origins

SALT_LEAST = 16  # characters; with a shorter one names can be guessed from their hashes
_NAMED = ("recording_id", "utterance_id", "speaker")


@dataclass(frozen=True, repr=False)
class HashedIds:
    """HMAC-SHA-256 under a salt, as 16 hex digits: the same name gives the same id.

    Raises:
        SettingsError: the salt is short.
    """

    salt: str

    def __post_init__(self) -> None:
        if len(self.salt) < SALT_LEAST:
            raise SettingsError(
                f"`hash_ids`: expected a salt of {SALT_LEAST} characters or more, found "
                f"{len(self.salt)}; `openssl rand -hex 16` makes one"
            )

    def __call__(self, name: str) -> str:
        return hmac.new(self.salt.encode(), name.encode(), hashlib.sha256).hexdigest()[:16]

    @property
    def check(self) -> str:
        """What tells whether two salts are the same, and nothing else of them."""
        return self("daf: salt")


class HashedSource:
    """Used as the source that it wraps. Rows keep audio_uri and meta."""

    def __init__(self, source: TableSource | FolderSource, ids: HashedIds) -> None:
        self._source, self._ids = source, ids
        self.gives_ids, self.check_contents = source.gives_ids, source.check_contents

    @property
    def origins(self) -> Origins:
        """As of the source."""
        return self._source.origins

    @property
    def quarantined(self) -> list[Row]:
        """Quarantine rows of what belongs to no recording, without names."""
        return [_hidden(row, self._ids) for row in self._source.quarantined]

    def gather(self) -> None:
        """As of the source."""
        self._source.gather()

    def recordings(self) -> Iterator[tuple[str, Any]]:
        """Each recording of the source by the hash of its name."""
        return ((self._ids(name), held) for name, held in self._source.recordings())

    def may_have_ids(self, held: Any) -> set[str]:
        """As of the source."""
        return self._source.may_have_ids(held)

    def with_ids(self, held: Any, ids: Mapping[str, str]) -> Any:
        """As of the source: `ids` are hashes of names that recordings of a folder may have."""
        names = {self._ids(one): one for name, _ in held.files for one in (name, stem(name))}
        known = {uri: names[own] for uri, own in ids.items() if own in names}
        source: Any = self._source
        return source.with_ids(held, known)

    def version(self, name: str, held: Any) -> str:
        """The version in the source, hashed: of a table's words it could be guessed."""
        return ".".join(map(self._ids, self._source.version(name, held).split(".")))

    def inspector(self) -> Callable[[Any], Inspected]:
        """The function that makes manifest and quarantine rows without names."""
        return partial(_inspect, inspector=self._source.inspector(), ids=self._ids)

    def remarks(self, found: Found) -> Remarks:
        """Which settings match nothing; what they are about would name files and people."""
        by_name = replace(
            found,
            outcome=lambda name: found.outcome(self._ids(name)),
            forgotten=lambda name: found.forgotten(self._ids(name)),
        )
        said = self._source.remarks(by_name)
        settings = dict.fromkeys(line.partition(":")[0] for line in said.unmatched)
        lines = [
            f"{setting}: some of it matches nothing; names are not shown with `hash_ids`"
            for setting in settings
            if setting != "`roles`"  # stored speakers are hashes, which no pattern fits
        ]
        count = len(said.hints)
        remarks = number_of(count, "remark on names of files is", "remarks on names of files are")
        hint = f"{remarks} not shown with `hash_ids`"
        return Remarks(tuple(lines), (hint,) if count else ())


def _inspect(held: Any, inspector: Callable[[Any], Inspected], ids: HashedIds) -> Inspected:
    found = inspector(held)
    return Inspected(
        [
            {**row, **{name: ids(row[name]) for name in _NAMED if row[name] is not None}}
            for row in found.rows
        ],
        [_hidden(row, ids) for row in found.quarantined],
        tuple((encoding, "") for encoding, _ in found.guessed),
    )


def _hidden(row: Row, ids: HashedIds) -> Row:
    """A quarantine row that names the hashed ids and the kind of file alone, and what to save it as
    where that is known.
    """
    hashed = {
        name: None if row[name] is None else ids(row[name])
        for name in ("recording_id", "utterance_id")
    }
    file = None if row["file"] is None else f"{ids(row['file'])}{_suffix(row['file'])}"
    reason = row["reason"]
    message = told_by_magic(row["message"]) or (REASONS | FILE_REASONS)[reason]
    named = file or hashed["recording_id"] or "a row"
    hidden = {**hashed, "audio_uri": None, "file": file, "message": f"{named}: {message}"}
    return {**row, **hidden}


def _suffix(file: str) -> str:
    """The suffix of a file if it says what kind it is; others may be part of a name."""
    suffix = posixpath.splitext(file)[1].lower()
    known = suffix in TEXT_SUFFIXES | OFFICE_SUFFIXES or names_a_recording(f"x{suffix}")
    return suffix if known else ""
