"""A folder of recordings and transcripts as a source."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from daf_core.errors import SettingsError
from daf_core.recordings.decoding.raw import parse_format, with_format
from daf_core.redaction.names import redacted_meta
from daf_core.schemas import Row
from daf_core.sources.file_versions import contents_version
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, group, stem, suffix, without
from daf_core.sources.folders.listing import File, list_files
from daf_core.sources.folders.metadata import PathMeta
from daf_core.sources.folders.metadata_hints import (
    likely_tables,
    metadata_missing,
    metadata_not_found,
)
from daf_core.sources.folders.metadata_table import TableMeta
from daf_core.sources.folders.pairs_table import read_pairs
from daf_core.sources.folders.recording_group import Group, files_of, inspect_group
from daf_core.sources.folders.remarks import (
    missing_each_other,
    not_forgotten,
    one_sided_channels,
    speakers_not_found,
    unmatched_raw,
    words_not_read,
)
from daf_core.sources.folders.shared_transcripts import SharedTranscripts
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected, guarded
from daf_core.sources.labels import Label, check_table, read_labels, unmatched
from daf_core.sources.remarks import Found, Remarks
from daf_core.storage.apart import Reads, here
from daf_core.storage.files import absolute, join
from daf_core.storage.origins import ANYWHERE, Origins
from daf_core.storage.run_record import fingerprint

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """How a folder is read.

    who: channels, roles, speakers; labels: a table of labels; meta, meta_regex: a table of what is
    known of recordings, and a regular expression for their paths; transcripts: a table of
    recordings and their transcripts; raw: format of headerless recordings, as "ulaw:8000:2";
    without: folders and files that are left out.
    """

    who: WhoSpeaks = field(default_factory=WhoSpeaks)
    labels: str | None = None
    meta: str | None = None
    meta_regex: str | None = None
    transcripts: str | None = None
    raw: str | None = None
    without: tuple[str, ...] = ()

    def given(self) -> list[str]:
        """The names of the settings that the user gave."""
        who = self.who
        named = {"channels": who.channels, "roles": who.roles, "speakers": who.speakers}
        names = ("labels", "meta", "meta_regex", "transcripts", "raw")
        named |= {name: getattr(self, name) for name in names}
        return [name for name, value in named.items() if value]


class FolderSource:
    """The recordings and transcripts anywhere under a folder, in groups (`grouping`).

    Every file is used or has a quarantine row that says why not.

    Raises:
        SettingsError: the folder holds no file, or an option cannot be used.
    """

    gives_ids = False

    def __init__(
        self,
        uri: str,
        options: FolderOptions,
        check_contents: bool,
        redact: bool = False,
        origins: Origins = ANYWHERE,
        reads: Reads = here,
    ) -> None:
        self._uri = uri
        self.origins = origins
        self._reads = reads
        self._options = options
        self._redact = redact
        self._labels: dict[str, list[Label]] = {}
        self.check_contents = check_contents
        if options.labels is not None:
            check_table(options.labels, reads)
        if options.raw is not None:
            parse_format(options.raw)
        self._path_meta = PathMeta(options.meta_regex)
        self._table_meta = None if options.meta is None else TableMeta(options.meta, reads)
        for note in () if self._table_meta is None else self._table_meta.notes:
            log.info("%s: %s", options.meta, note)
        tables = (options.labels, options.meta, options.transcripts)
        without = frozenset([*options.without, *(absolute(one) for one in tables if one)])
        _check_apart(uri, options.without)
        files, not_used, self._outside = list_files(uri, without, origins)
        if not files:
            raise SettingsError(
                f"{uri}: expected recordings or transcripts, found {_instead(not_used)}"
            )
        self._files = {file.name: file for file in files}
        self._path_meta.check(self._files)
        self.quarantined: list[Row] = not_used
        self._unmatched: list[str] = unmatched_raw(options.raw, self._files)
        pairs: dict[str, str] = {}
        if options.transcripts is not None:
            table = read_pairs(options.transcripts, self._files, reads)
            pairs = table.pairs
            self.quarantined += table.quarantined
            self._unmatched += table.unmatched
        self._groups = group(self._files, pairs)

    def gather(self) -> None:
        """Read the labels, the table of metadata and files of several recordings; call this before
        `recordings`.
        """
        self._shared = SharedTranscripts(self._groups, self._at, self._reads)
        self._groups = without(self._groups, self._shared.files)
        self.quarantined += self._shared.unmatched
        if self._table_meta is not None:
            self._table_meta.join(self._groups)
            self.quarantined += self._table_meta.quarantined
        if self._options.labels is None:
            return
        labels, quarantined = read_labels(self._options.labels, self._reads)
        self.quarantined += quarantined
        key_of = {
            known: key
            for key, names in self._groups.items()
            for name in names
            for known in (name, stem(name))
        }
        for recording_id, own in labels.items():
            if recording_id in key_of:
                self._labels.setdefault(key_of[recording_id], []).extend(own)
            else:
                expected = "a recording with this recording_id in the folder"
                self.quarantined += [unmatched(label, expected) for label in own]

    def recordings(self) -> Iterator[tuple[str, Group]]:
        """Yield each group by its key, in order of the keys."""
        for key, names in self._groups.items():
            files = [(name, join(self._uri, name)) for name in names]
            meta = self._meta(names)
            labels = tuple(self._labels.get(key, ()))
            known = {name: own for name, own in meta.items() if own}
            yield key, Group(files, labels, known, excerpts=self._shared.of(key))

    def may_have_ids(self, held: Group) -> set[str]:
        """URIs of the files of a group that may be recordings with ids in the manifest."""
        raw = self._options.raw
        uris = [uri for name, uri in held.files if suffix(name) not in TEXT_SUFFIXES]
        return {*uris, *(with_format(uri, raw) for uri in uris if raw is not None)}

    def with_ids(self, held: Group, ids: Mapping[str, str]) -> Group:
        """A group whose recordings keep the ids that they have in the manifest, by URI."""
        return held._replace(ids=ids)

    def version(self, key: str, held: Group) -> str:
        """A fingerprint that changes when a file of this group does or a label; where something is
        known of its recordings, a dot follows, and a fingerprint of that.
        """
        files = [self._files[name] for name, _ in held.files]
        if self.check_contents:
            files = [File(f.name, contents_version(join(self._uri, f.name))) for f in files]
        excerpts = [[one[:4] for one in held.excerpts]] if held.excerpts else []
        labels = [label.as_dict() for label in held.labels]
        own = fingerprint([files, labels, {}, *excerpts])
        return f"{own}.{fingerprint(held.meta)}" if held.meta else own

    def inspector(self) -> Callable[[Group], Inspected]:
        """The function that makes manifest and quarantine rows of one group."""
        inspect = partial(
            inspect_group, who=self._options.who, raw=self._options.raw, redact=self._redact
        )
        return partial(guarded, inspect=inspect, rows_of=files_of)

    def remarks(self, found: Found) -> Remarks:
        """Settings that match nothing, and recordings and transcripts that miss each other."""
        options, table = self._options, self._table_meta
        groups, names = not_forgotten(self._groups, self._files, found)
        unmatched = [
            *speakers_not_found(options.who, found, self._redact),
            *metadata_not_found(self._path_meta, table, names),
            *self._unmatched,
        ]
        hints = [
            *self._outside,
            *metadata_missing(self._path_meta, table, names),
            *likely_tables(self._uri, groups, found),
            *missing_each_other(groups, found),
            *words_not_read(groups, found),
            *one_sided_channels(options.who, found),
        ]
        return Remarks(tuple(unmatched), tuple(hints))

    def _at(self, name: str) -> str:
        return join(self._uri, name)

    def _meta(self, names: list[str]) -> dict[str, dict[str, str]]:
        """What is known of each file of a group; a line about its transcript is about a recording
        that has none.
        """
        table: Callable[[str], dict[str, str]] = self._table_meta or (lambda name: {})
        texts = [name for name in names if suffix(name) in TEXT_SUFFIXES]
        of_text = next((known for name in texts if (known := table(name))), {})
        found = {name: self._path_meta(name) | (table(name) or of_text) for name in names}
        if self._redact:
            return {name: redacted_meta(known) for name, known in found.items()}
        return found


def _check_apart(uri: str, without: Iterable[str]) -> None:
    """Check that the folder does not lie in what is left out of it, such as the output.

    Raises:
        SettingsError: it does, or is the same.
    """
    for place in without:
        if f"{uri.rstrip('/')}/".startswith(f"{place.rstrip('/')}/"):
            raise SettingsError(
                f"{uri}: expected a source that does not lie in the folder that is written to, "
                f"found it in {place}; give another `out`, such as a new folder within the source"
            )


def _instead(not_used: Sequence[Row]) -> str:
    """What a folder without any file to read holds."""
    if not not_used:
        return "no file"
    if all(row["reason"] == "daf_output" for row in not_used):
        return "an output of daf alone; `daf score` takes a manifest"
    return f"no file but {len(not_used)} that cannot be read"
