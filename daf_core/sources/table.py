"""A table of utterances as a source: rows are checked one by one, then grouped by recording."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.file_versions import ListedVersions, contents_version
from daf_core.sources.inspection import Inspected, identify, measure
from daf_core.sources.manifest_rows import (
    is_empty,
    manifest_row,
    place_in_recording,
    quarantine_row,
    utterance_id,
)
from daf_core.sources.row_spool import RowSpool
from daf_core.sources.table_rows import Cells, Rows, shown_columns
from daf_core.storage.files import is_remote, join
from daf_core.storage.run_record import fingerprint

OpenTable = Callable[[], AbstractContextManager[tuple[list[str], Rows]]]
COLUMNS = (  # that mean something here; others are kept as they are, in `meta`
    *("text", "audio_path", "audio_uri", "channel", "start_s", "end_s", "speaker", "role"),
    *("recording_id", "utterance_id", "label", "split"),
)
_ABSOLUTE = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class TableSource:
    """A table with the columns text, audio_path or audio_uri, and more.

    `open_table` gives the column names and the rows of the table at `uri`, as `open_rows` does.
    `rename` maps the table's column names to ours. A relative audio_path is relative to `folder`,
    by default the table's. `quarantined` holds the quarantine rows of lines that belong to no
    recording, in the order of the lines.

    Raises:
        SettingsError: there is no such table, it has neither text nor audio, or `rename` names a
            column that one of the two does not have.
    """

    def __init__(
        self,
        uri: str,
        open_table: OpenTable,
        rename: Mapping[str, str],
        check_contents: bool,
        folder: str | None = None,
    ) -> None:
        self._uri = uri
        self._open_table = open_table
        self._folder = posixpath.dirname(uri) if folder is None else folder
        self._rename = rename
        self.quarantined: list[Row] = []
        self._spool = RowSpool()
        self.check_contents = check_contents
        self._file_version = contents_version if check_contents else ListedVersions()
        with open_table() as (columns, _):
            self._check(columns)
        self.gives_ids = "utterance_id" in [rename.get(name, name) for name in columns]

    def gather(self) -> None:
        """Read and check all rows; call this before `recordings`."""
        with self._open_table() as (_, rows):
            for place, cells in rows:
                self._spool_row(place, cells)

    def recordings(self) -> Iterator[tuple[str, list[list[Row]]]]:
        """Yield each stem with the rows of each of its recordings, stems by first appearance.

        Rows have one stem if they have the same recording_id, or audio paths that differ only in
        suffix.
        """
        for stem, rows in self._spool.recordings():
            yield stem, list(_name_recordings(stem, rows, self._folder))

    def version(self, stem: str, recordings: list[list[Row]]) -> str:
        """A fingerprint that changes when a row or an audio file of this stem does."""
        rows = [row for several in recordings for row in several]
        uris = dict.fromkeys(row["audio_uri"] for row in rows if row["audio_uri"])
        return fingerprint([rows, [self._file_version(uri) for uri in uris]])

    def inspector(self) -> Callable[[list[list[Row]]], Inspected]:
        """The function that makes manifest and quarantine rows of one stem's recordings."""
        return inspect_recordings

    def _check(self, columns: list[str]) -> None:
        for theirs, ours in self._rename.items():
            if ours not in COLUMNS:
                raise SettingsError(
                    f"`rename` {theirs}={ours}: expected one of {', '.join(COLUMNS)} after the ="
                )
        known = [self._rename.get(name, name) for name in columns]
        missing = [name for name in self._rename if name not in columns]
        if not missing and not {"text", "audio_path", "audio_uri"} & set(known):
            missing = ["text, audio_path or audio_uri"]
        if missing:
            raise SettingsError(
                f"{self._uri}: expected a column {', '.join(missing)}, "
                f"found {shown_columns(columns)}; `rename` THEIRS=OURS maps column names"
            )
        if len(set(known)) < len(known):
            raise SettingsError(
                f"{self._uri}: expected different column names after `rename`, found "
                f"{shown_columns(known)}"
            )

    def _spool_row(self, place: str, cells: Cells | BadInput) -> None:
        known: Mapping[str, object] = {}
        try:
            if isinstance(cells, BadInput):
                raise cells
            known = self._ours(cells)
            row = manifest_row(dict(known))
            if (
                not row["recording_id"] and not row["audio_uri"]
            ):  # text without audio: a recording of its own
                identity = row["utterance_id"] or utterance_id(row)
                row = {**row, "recording_id": identity, "utterance_id": identity}
            self._spool.add(_stem(row, self._folder), row)
        except BadInput as err:
            message = err.message if err is cells else f"{place}: {err.message}"
            self.quarantined.append(quarantine_row(BadInput(err.reason, message), known))

    def _ours(self, cells: Cells) -> Cells:
        ours = {self._rename.get(name, name): value for name, value in cells.items()}
        path = ours.get("audio_path")
        if is_empty(ours.get("audio_uri")) and isinstance(path, str) and not is_empty(path):
            absolute = _ABSOLUTE.match(path)
            if not absolute and not is_remote(self._folder):  # keys are used as they are
                path = posixpath.normpath(path)
            ours["audio_uri"] = path if absolute else join(self._folder, path)
            del ours["audio_path"]
        return ours


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


def _stem(row: Row, folder: str) -> str:
    """The recording_id that the row gives, or else its audio path without suffix."""
    return row["recording_id"] or posixpath.splitext(_relative(row["audio_uri"], folder))[0]


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
