"""A folder of recordings, with transcripts of the same names, as a source."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.file_versions import contents_version, is_unicode, listed_version
from daf_core.sources.inspection import Inspected
from daf_core.sources.labels import Label, check_table, read_labels, unmatched
from daf_core.sources.manifest_rows import quarantine_row
from daf_core.sources.recording_files import RecordingFiles, inspect_recording
from daf_core.storage.files import filesystem, join
from daf_core.storage.run_record import fingerprint

# fmt: off
AUDIO_SUFFIXES = frozenset({
    ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".amr", ".webm",
    ".weba", ".aif", ".aiff", ".au", ".caf", ".wma", ".3gp", ".mka",
})
# fmt: on
READERS = (".vtt", ".srt")


class File(NamedTuple):
    """A file of the folder."""

    name: str  # path within the folder
    version: str  # size, and ETag or time of change


class FolderSource:
    """Recordings anywhere under a folder, in order of their paths.

    Files of one stem (path without suffix) belong together: a recording and its transcript. Two
    recordings of one stem, say a.wav and a.flac, are ingested as two, with the suffix in their ids.
    `roles` maps channels to roles (empty: channels are mixed), `labels_uri` names a table of
    labels. Hidden files, and files that are neither audio nor transcript, are ignored.

    Raises:
        SettingsError: the folder holds nothing to ingest.
    """

    gives_ids = False

    def __init__(
        self, uri: str, roles: Mapping[int, str], labels_uri: str | None, check_contents: bool
    ) -> None:
        self._uri = uri
        self._roles = roles
        self._labels_uri = labels_uri
        self._labels: dict[str, list[Label]] = {}
        self.check_contents = check_contents
        if labels_uri is not None:
            check_table(labels_uri)
        found = _list(uri)
        if not found:
            suffixes = " ".join(sorted({*AUDIO_SUFFIXES, *READERS}))
            raise SettingsError(
                f"{uri}: expected recordings or transcripts ({suffixes}), found none"
            )
        self.quarantined = [_misnamed(file.name) for file in found if not is_unicode(file.name)]
        self._by_stem: dict[str, list[File]] = {}
        for file in found:
            if is_unicode(file.name):
                self._by_stem.setdefault(posixpath.splitext(file.name)[0], []).append(file)

    def gather(self) -> None:
        """Read the labels; call this before `recordings`."""
        if self._labels_uri is None:
            return
        self._labels, quarantined = read_labels(self._labels_uri)
        self.quarantined += quarantined
        known = {files.recording_id for _, several in self.recordings() for files in several}
        for recording_id, labels in self._labels.items():
            if recording_id not in known:
                expected = "a recording with this recording_id in the folder"
                self.quarantined += [unmatched(label, expected) for label in labels]

    def recordings(self) -> Iterator[tuple[str, list[RecordingFiles]]]:
        """Yield each stem with its recordings, in order of the stems."""
        for stem in sorted(self._by_stem):
            yield stem, self._recordings_of(stem)

    def version(self, stem: str, recordings: list[RecordingFiles]) -> str:
        """A fingerprint that changes when a file of this stem or a label of it does."""
        files = self._by_stem[stem]
        if self.check_contents:
            files = [File(f.name, contents_version(join(self._uri, f.name))) for f in files]
        labels = [label.as_dict() for recording in recordings for label in recording.labels]
        return fingerprint([files, labels])

    def inspector(self) -> Callable[[list[RecordingFiles]], Inspected]:
        """The function that makes manifest and quarantine rows of one stem's recordings."""
        return partial(inspect_recordings, roles=self._roles)

    def _recordings_of(self, stem: str) -> list[RecordingFiles]:
        """Recordings with their transcript; the transcript by itself where there is no recording.

        Of several transcripts, the one whose format comes first in `READERS` is read.
        """
        names = [file.name for file in self._by_stem[stem]]
        audio = [name for name in names if _suffix(name) in AUDIO_SUFFIXES]
        preference = list(READERS)
        beside = [name for name in names if _suffix(name) in READERS]
        beside.sort(key=lambda name: preference.index(_suffix(name)))
        transcript_uri = join(self._uri, beside[0]) if beside else None
        if not audio:
            return [RecordingFiles(stem, None, transcript_uri, self._labels_of(stem))]
        recordings = []
        for name in audio:
            recording_id = stem if len(audio) == 1 else name
            labels = self._labels_of(recording_id)
            recordings.append(
                RecordingFiles(recording_id, join(self._uri, name), transcript_uri, labels)
            )
        return recordings

    def _labels_of(self, recording_id: str) -> tuple[Label, ...]:
        return tuple(self._labels.get(recording_id, ()))


def inspect_recordings(recordings: list[RecordingFiles], roles: Mapping[int, str]) -> Inspected:
    """Make manifest and quarantine rows of the recordings of one stem."""
    return Inspected.from_several(inspect_recording(files, roles) for files in recordings)


def _list(uri: str) -> list[File]:
    fs, root = filesystem(uri)
    files = []
    for path, info in fs.find(root, detail=True).items():
        name = path.removeprefix(f"{root.rstrip('/')}/")  # keys may hold "//" and steps of dots
        hidden = any(step.startswith(".") and step.strip(".") for step in name.split("/"))
        if not hidden and _suffix(name) in AUDIO_SUFFIXES | {*READERS}:
            files.append(File(name, listed_version(info)))
    return sorted(files, key=lambda file: file.name)


def _misnamed(name: str) -> Row:
    message = f"{name!a}: expected a file name in UTF-8, found other bytes"
    return quarantine_row(BadInput("bad_encoding", message), {})


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()
