"""A table of utterances as a source: rows are checked one by one, then grouped by recording."""

import logging
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from urllib.parse import quote

from daf_core.errors import BadInput
from daf_core.redaction.marks import REDACTED
from daf_core.redaction.redact import redacted_row
from daf_core.schemas import Row
from daf_core.sources.file_versions import ABSENT, ListedVersions, contents_version
from daf_core.sources.inspection import Inspected, identify, measure, numbered
from daf_core.sources.manifest_rows import (
    is_empty,
    manifest_row,
    place_in_recording,
    quarantine_row,
    utterance_id,
)
from daf_core.sources.remarks import Found, Remarks
from daf_core.sources.row_spool import RowSpool
from daf_core.sources.table_columns import Columns, check_rename, check_speaks
from daf_core.sources.table_types import Cells, StoredAudio, Table
from daf_core.storage.files import is_remote, join
from daf_core.storage.run_record import fingerprint

log = logging.getLogger(__name__)
OpenTable = Callable[[], AbstractContextManager[Table]]
_CELL = "#column="  # between a Parquet file and the place of a recording in it
_ABSOLUTE = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class TableSource:
    """A table with the columns text, audio_path or audio_uri, and more.

    `open_table` opens the table at `uri`, as `open_rows` does.
    `rename` maps the table's column names to ours. A relative audio_path is relative to `folder`,
    by default the table's. redact: numbers and addresses in words become marks as they are read,
    before ids follow from them. `quarantined` holds the quarantine rows of lines that belong to no
    recording, in the order of the lines.

    Raises:
        SettingsError: there is no such table, it has neither text nor audio, a column holds what
            ours cannot, or `rename` names a column that one of the two does not have.
    """

    def __init__(
        self,
        uri: str,
        open_table: OpenTable,
        rename: Mapping[str, str],
        check_contents: bool,
        folder: str | None = None,
        redact: bool = False,
    ) -> None:
        self._uri = uri
        self._open_table = open_table
        self._folder = posixpath.dirname(uri) if folder is None else folder
        self.quarantined: list[Row] = []
        self._spool = RowSpool()
        self._redact = redact
        self._alike: Counter[str] = Counter()
        self.check_contents = check_contents
        self._listed = ListedVersions()
        self._file_version = lru_cache(1)(contents_version) if check_contents else self._listed
        check_rename(rename)
        with open_table() as table:
            self._columns = Columns.of_table(table, uri, rename)
        check_speaks(uri, self._columns)
        for note in self._columns.notes:
            log.info("%s: %s", uri, note)
        self.gives_ids = "utterance_id" in self._columns.ours.values()

    def gather(self) -> None:
        """Read and check all rows; call this before `recordings`."""
        with self._open_table() as table:
            for place, cells in table.rows:
                self._spool_row(place, cells)

    def recordings(self) -> Iterator[tuple[str, list[list[Row]]]]:
        """Yield each stem with the rows of each of its recordings, stems by first appearance.

        Rows have one stem if they have the same recording_id, or audio paths that differ only in
        suffix.
        """
        for stem, rows in self._spool.recordings():
            yield stem, list(_name_recordings(stem, rows, self._folder))

    def may_have_ids(self, held: list[list[Row]]) -> set[str]:
        """Nothing: a table names its recordings itself."""
        return set()

    def with_ids(self, held: list[list[Row]], ids: Mapping[str, str]) -> list[list[Row]]:
        """The same rows, as `may_have_ids` is empty."""
        return held

    def version(self, stem: str, recordings: list[list[Row]]) -> str:
        """A fingerprint that changes when a row or an audio file of this stem does."""
        rows = [row for several in recordings for row in several]
        uris = dict.fromkeys(row["audio_uri"] for row in rows if row["audio_uri"])
        return fingerprint([rows, [self._file_version(_file_of(uri)) for uri in uris]])

    def remarks(self, found: Found) -> Remarks:
        """None: what does not fit is refused, or quarantined."""
        return Remarks()

    def inspector(self) -> Callable[[list[list[Row]]], Inspected]:
        """The function that makes manifest and quarantine rows of one stem's recordings."""
        return inspect_recordings

    def _spool_row(self, place: str, cells: Cells | BadInput) -> None:
        known: Mapping[str, object] = {}
        try:
            if isinstance(cells, BadInput):
                raise cells
            known, stored = self._ours(cells)
            row = manifest_row(dict(known))
            row = redacted_row(row) if self._redact else row
            if (
                not row["recording_id"] and not row["audio_uri"]
            ):  # text without audio: a recording of its own
                identity = row["utterance_id"] or self._identity(row)
                row = {**row, "recording_id": identity, "utterance_id": identity}
            self._spool.add(_stem(row, self._folder, stored), row)
        except BadInput as err:
            message = err.message if err is cells else f"{place}: {err.message}"
            self.quarantined.append(quarantine_row(BadInput(err.reason, message), known))

    def _identity(self, row: Row) -> str:
        """The id of a row without a recording, from its words."""
        own = utterance_id(row)
        if REDACTED in row["flags"]:
            return numbered({**row, "utterance_id": own}, "", self._alike)
        return own

    def _ours(self, cells: Cells) -> tuple[Cells, str | None]:
        """The cells under our names, with an audio_uri; and the path of a recording that is stored
        in the table itself.
        """
        ours = self._columns.read(cells)
        path = ours.get("audio_path")
        if not is_empty(ours.get("audio_uri")) or is_empty(path):
            return ours, None
        if isinstance(path, StoredAudio):
            ours["audio_uri"] = self._stored_uri(path)
            del ours["audio_path"]
            return ours, path.path
        if isinstance(path, dict) and isinstance(path.get("path"), str):  # Hugging Face's, as JSON
            path = path["path"]
        if isinstance(path, str) and not is_empty(path):
            ours["audio_uri"] = self._at(path)
            del ours["audio_path"]
        return ours, None

    def _at(self, path: str) -> str:
        if _ABSOLUTE.match(path):
            return path
        if not is_remote(self._folder):  # keys of object stores are used as they are
            path = posixpath.normpath(path)
        return join(self._folder, path)

    def _stored_uri(self, audio: StoredAudio) -> str:
        """Where a recording in a Parquet cell is: the file that it was, if that is there, else the
        cell.
        """
        if audio.path and self._listed(at := self._at(audio.path)) != ABSENT:
            return at
        column = quote(self._columns.theirs("audio_path"), safe="")
        return f"{self._uri}{_CELL}{column}&row={audio.row}"


def _file_of(uri: str) -> str:
    """The file that holds a recording: itself, or the table in a cell of which it is."""
    return uri.partition(_CELL)[0]


def inspect_recordings(recordings: list[list[Row]]) -> Inspected:
    """Make manifest and quarantine rows of the recordings of one stem."""
    return Inspected.from_several(map(inspect_rows, recordings))


def inspect_rows(rows: list[Row]) -> Inspected:
    """Check the rows of one recording against its audio, sort them and give them ids.

    Rows with text are kept where the audio cannot be used: their text alone will be scored.
    """
    sizes = {uri: measure(uri) for uri in dict.fromkeys(row["audio_uri"] for row in rows) if uri}
    placed, quarantined = [], []
    for row in rows:
        size = sizes.get(row["audio_uri"])
        try:
            if isinstance(size, BadInput):
                if row["text"] is None:
                    raise size
                row = {**row, "flags": [*row["flags"], size.reason]}
            elif size is not None:
                row = place_in_recording(row, size)
            placed.append(row)
        except BadInput as err:
            quarantined.append(quarantine_row(err, row))
    identified = identify(placed)
    return Inspected(identified.rows, quarantined + identified.quarantined)


def _stem(row: Row, folder: str, stored: str | None) -> str:
    """The recording_id that the row gives, or else its audio path without suffix; for a recording
    in a cell the path that it had when it was `stored` there.
    """
    if row["recording_id"]:
        return str(row["recording_id"])
    path = _relative(row["audio_uri"], folder)
    if _CELL in path:
        path = posixpath.normpath(stored).lstrip("/") if stored else path.replace(_CELL, "/")
    return posixpath.splitext(path)[0]


def _relative(audio_uri: str, folder: str) -> str:
    return audio_uri.removeprefix(f"{folder}/")


def _name_recordings(stem: str, rows: list[Row], folder: str) -> Iterable[list[Row]]:
    """Group rows by recording and give each a recording_id, which is the stem where none is given.

    Where files of one stem differ in suffix, the suffix is part of the id.
    """
    unnamed = {row["audio_uri"] for row in rows if not row["recording_id"]}
    recordings: dict[str, list[Row]] = {}
    for row in rows:
        name = row["recording_id"] or stem
        if not row["recording_id"] and len(unnamed) > 1:
            name = _relative(row["audio_uri"], folder)
        recordings.setdefault(name, []).append({**row, "recording_id": name})
    return recordings.values()
