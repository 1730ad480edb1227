"""Transcripts of several recordings in one file: each recording takes what is said of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from daf_core.errors import BadInput
from daf_core.schemas import Row
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, fold, stem, suffix
from daf_core.sources.folders.pairs_table import by_ending
from daf_core.sources.manifest_rows import quarantine_row, unused_file
from daf_core.sources.transcripts import open_document
from daf_core.sources.transcripts.by_recording import SUFFIXES, Excerpts, split
from daf_core.sources.transcripts.document import Document
from daf_core.stages.ahead import ahead
from daf_core.storage.apart import Reads, each, here
from daf_core.storage.scratch_database import scratch_database

_AT_ONCE = 8
_SHOWN = 80  # characters of a name in a message
_COLUMNS = "key TEXT, recording TEXT, file TEXT, uri TEXT, body TEXT, guessed TEXT"
_SCHEMA = f"CREATE TABLE excerpts ({_COLUMNS})"


class Excerpt(NamedTuple):
    """What a file of several recordings says of one.

    recording: name of the recording's file; file, uri: of the file that it is from; guessed: its
    encoding, where the letters alone tell it.
    """

    recording: str
    file: str
    uri: str
    text: str
    guessed: str | None = None


class SharedTranscripts:
    """The excerpts of all files of several recordings, by group, in a temporary database.

    A file is one of these where no recording has its own name, and one in the folder has a name
    that it gives. `files`: these, and those that name several of which none is there; `unmatched`:
    quarantine rows of these, of recordings that are not there, and of lines that name none.
    """

    def __init__(
        self, groups: Mapping[str, list[str]], at: Callable[[str], str], reads: Reads = here
    ) -> None:
        self._database = scratch_database(_SCHEMA)
        self._recordings = {
            name: key
            for key, names in groups.items()
            for name in names
            if suffix(name) not in TEXT_SUFFIXES
        }
        self.files: set[str] = set()
        self.unmatched: list[Row] = []
        homes = set(self._recordings.values())
        alone = [
            name
            for key, names in groups.items()
            if key not in homes
            for name in names
            if suffix(name) in SUFFIXES
        ]
        if not alone:
            return
        endings = by_ending(self._recordings)
        found = each(reads, _split, [at(name) for name in alone])
        for name, excerpts in zip(alone, found, strict=True):
            if isinstance(excerpts, Excerpts):  # others are told when their turn comes
                self._add(name, at(name), excerpts, endings)
        self._database.execute("CREATE INDEX by_key ON excerpts (key)")

    def _add_stray(self, name: str, uri: str, names: Sequence[str]) -> None:
        """A file none of whose recordings is there is not used, unless it is about one of them: it
        names no other, or has its name.
        """
        own = stem(name.rpartition("/")[2])
        stems = {stem(fold(one.replace("\\", "/")).rpartition("/")[2]) for one in names}
        if len(stems) > 1 and own not in stems:
            self.files.add(name)
            self.unmatched.append(_stray(uri, names))

    def of(self, key: str) -> tuple[Excerpt, ...]:
        """The excerpts about recordings of a group."""
        if not self.files:
            return ()
        rows = self._database.execute(
            "SELECT recording, file, uri, body, guessed FROM excerpts WHERE key = ? ORDER BY rowid",
            [key],
        )
        return tuple(Excerpt(*row) for row in rows)

    def _add(
        self,
        name: str,
        uri: str,
        found: Excerpts,
        endings: Mapping[str, str | None],
    ) -> None:
        homes = {one: _home(one, endings) for one in found.texts}
        if not any(homes.values()):
            self._add_stray(name, uri, [*homes])
            return
        self.files.add(name)
        rows = [
            (self._recordings[home], home, name, uri, own.text, own.guessed)
            for one, own in found.texts.items()
            if (home := homes[one]) is not None
        ]
        self._database.executemany("INSERT INTO excerpts VALUES (?, ?, ?, ?, ?, ?)", rows)
        self.unmatched += _unmatched(uri, (one for one, home in homes.items() if home is None))
        self.unmatched += _nameless(uri, found.nameless)


def _stray(uri: str, names: Sequence[str]) -> Row:
    """The quarantine row of a file about several recordings that are all elsewhere."""
    told = (
        f"expected recordings that it names, found none of the {len(names)}, such as "
        f"{names[0][:_SHOWN]}; put them beside it, or give their names as they are in the folder"
    )
    return unused_file(uri, BadInput("no_recording", told))


def _split(uris: list[str]) -> Iterator[Excerpts | None]:
    """What each file says of each recording; None where it cannot be read."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for document in ahead(pool, _opened, uris, _AT_ONCE):
            yield None if document is None else split(document)


def _opened(uri: str) -> Document | None:
    try:
        return open_document(uri)
    except BadInput:
        return None


def _home(recording: str, endings: Mapping[str, str | None]) -> str | None:
    """The one file that a recording's name means: its path, or a last part of it."""
    name = fold(recording.replace("\\", "/").strip().removeprefix("./"))
    while True:
        for one in (name, stem(name)):
            if endings.get(one) is not None:
                return endings[one]
        _, slash, name = name.partition("/")  # paths of another machine
        if not slash:
            return None


def _unmatched(uri: str, names: Iterable[str]) -> Iterator[Row]:
    for name in names:
        message = f"{uri}: expected one recording named {name[:_SHOWN]}, found none or several"
        error = BadInput("unmatched_transcript", message)
        yield quarantine_row(error, {"recording_id": name, "file": uri})


def _nameless(uri: str, places: Iterable[str]) -> Iterator[Row]:
    for place in places:
        message = (
            f"{uri}, {place}: expected the name of a recording, as other lines have, found none"
        )
        yield quarantine_row(BadInput("unmatched_transcript", message), {"file": uri})
