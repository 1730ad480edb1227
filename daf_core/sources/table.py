"""A table of utterances as a source: rows are checked one by one, then grouped by recording."""

import logging
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache, partial

from daf_core.errors import BadInput
from daf_core.recordings.decoding.parquet_cell import cell_uri, split_cell
from daf_core.redaction.marks import REDACTED
from daf_core.redaction.names import redacted_meta, redacted_rows
from daf_core.redaction.redact import redacted_row
from daf_core.schemas import Row
from daf_core.sources.cells import is_empty
from daf_core.sources.file_versions import ABSENT, ListedVersions, contents_version
from daf_core.sources.inspection import Inspected, as_bad_input, guarded, numbered
from daf_core.sources.manifest_rows import (
    known_of,
    manifest_row,
    quarantine_row,
    utterance_id,
)
from daf_core.sources.outside import Outside
from daf_core.sources.recording_names import other_spellings
from daf_core.sources.remarks import Found, Remarks
from daf_core.sources.row_spool import RowSpool
from daf_core.sources.table_columns import Columns, check_rename, check_speaks
from daf_core.sources.table_recordings import (
    inspect_recordings,
    name_recordings,
    rows_of_recordings,
    stem_of,
)
from daf_core.sources.table_types import Cells, StoredAudio, Table
from daf_core.storage.files import is_remote, join
from daf_core.storage.origins import ANYWHERE, OUTSIDE, Origins
from daf_core.storage.run_record import fingerprint
from daf_core.storage.uris import problem

log = logging.getLogger(__name__)
OpenTable = Callable[[], AbstractContextManager[Table]]
_ABSOLUTE = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class TableSource:
    """A table with the columns text, audio_path or audio_uri, and more.

    `open_table` opens the table at `uri`, as `open_rows` does.
    `rename` maps the table's column names to ours. A relative audio_path is relative to `folder`,
    by default the table's; origins: where recordings may lie. redact: numbers and addresses in
    words become marks as they are read, before ids follow from them. `quarantined` holds the
    quarantine rows of lines that belong to no recording, in the order of the lines.

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
        origins: Origins = ANYWHERE,
    ) -> None:
        self._uri = uri
        self.origins = origins
        self._outside = Outside("row")
        self._open_table = open_table
        self._folder = posixpath.dirname(uri) if folder is None else folder
        self.quarantined: list[Row] = []
        self._spool = RowSpool()
        self._is_empty = True
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
                self._is_empty = False
                self._spool_row(place, cells)

    def recordings(self) -> Iterator[tuple[str, list[list[Row]]]]:
        """Yield each stem with the rows of each of its recordings, stems by first appearance.

        Rows have one stem if they have the same recording_id, or audio paths that differ only in
        suffix.
        """
        for stem, rows in self._spool.recordings():
            named = name_recordings(stem, rows, self._folder)
            yield stem, [*map(redacted_rows, named)] if self._redact else [*named]

    def may_have_ids(self, held: list[list[Row]]) -> set[str]:
        """Nothing: a table names its recordings itself."""
        return set()

    def with_ids(self, held: list[list[Row]], ids: Mapping[str, str]) -> list[list[Row]]:
        """The same rows, as `may_have_ids` is empty."""
        return held

    def version(self, stem: str, recordings: list[list[Row]]) -> str:
        """A fingerprint that changes when a row or an audio file of this stem does; where rows have
        other columns, a dot follows, and a fingerprint of these.
        """
        rows = [row for several in recordings for row in several]
        uris = dict.fromkeys(row["audio_uri"] for row in rows if row["audio_uri"])
        files = [self._file_version(_file_of(uri)) for uri in uris]
        own = fingerprint([[{**row, "meta": {}} for row in rows], files])
        metas = [row["meta"] for row in rows]
        return f"{own}.{fingerprint(metas)}" if any(metas) else own

    def remarks(self, found: Found) -> Remarks:
        """What would admit rows that name files elsewhere, and a table that has no rows; all else
        is refused or quarantined.
        """
        empty = (f"{self._uri}: has column names and no row",) if self._is_empty else ()
        return Remarks(hints=(*empty, *self._outside.hints()))

    def inspector(self) -> Callable[[list[list[Row]]], Inspected]:
        """The function that makes manifest and quarantine rows of one stem's recordings."""
        inspect = partial(inspect_recordings, origins=self.origins)
        return partial(guarded, inspect=inspect, rows_of=rows_of_recordings)

    def _spool_row(self, place: str, cells: Cells | BadInput) -> None:
        known: Mapping[str, object] = {}
        try:
            if isinstance(cells, BadInput):
                raise cells
            known, stored = self._ours(cells)
            row = manifest_row(dict(known))
            if row["audio_uri"] is not None:
                self._check_origin(row["audio_uri"])
            if self._redact:
                row = redacted_row({**row, "meta": redacted_meta(row["meta"])})
            if (
                not row["recording_id"] and not row["audio_uri"]
            ):  # text without audio: a recording of its own
                identity = row["utterance_id"] or self._identity(row)
                row = {**row, "recording_id": identity, "utterance_id": identity}
            self._spool.add(stem_of(row, self._folder, stored), row)
        except Exception as error:
            named = "" if error is cells else f"{place}: "
            self._quarantine(as_bad_input(error, "bad_row"), named, known)

    def _quarantine(self, error: BadInput, named: str, known: Mapping[str, object]) -> None:
        """Called, as an error that is kept in a variable keeps the cells of its row in memory."""
        told = BadInput(error.reason, f"{named}{error.message}")
        known = known_of(known)
        if self._redact:
            known["meta"] = redacted_meta(known["meta"])
        self.quarantined.append(quarantine_row(told, known))

    def _check_origin(self, uri: str) -> None:
        """Check that a recording may be opened, before anything is."""
        try:
            self.origins.check(_file_of(uri))
        except BadInput as err:
            if err.reason == OUTSIDE:
                self._outside.add(_file_of(uri))
            raise

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
        """Where a recording is: at its path, or at another spelling of it where there is one."""
        if problem(path) is not None:
            return path
        at, others = self._joined(path), other_spellings(path)
        if not others or self._is_there(at):
            return at
        return next((one for one in map(self._joined, others) if self._is_there(one)), at)

    def _joined(self, path: str) -> str:
        if _ABSOLUTE.match(path):
            return path
        if not is_remote(self._folder):  # keys of object stores are used as they are
            path = posixpath.normpath(path)
        return join(self._folder, path)

    def _stored_uri(self, audio: StoredAudio) -> str:
        """Where a recording in a Parquet cell is: the file that it was, if that is there, else the
        cell.
        """
        if audio.path and self._is_there(at := self._at(audio.path)):
            return at
        return cell_uri(self._uri, self._columns.theirs("audio_path"), audio.row)

    def _is_there(self, uri: str) -> bool:
        """Whether there is a file that may be opened."""
        try:
            self.origins.check(uri)
        except BadInput:
            return False
        return self._listed(uri) != ABSENT


def _file_of(uri: str) -> str:
    """The file that holds a recording: itself, or the table in a cell of which it is."""
    cell = split_cell(uri)
    return uri if cell is None else cell[0]
