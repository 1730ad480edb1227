"""A folder of recordings with side-car transcripts as source."""

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from daf_core.errors import BadInput, SettingsError
from daf_core.inspection import Inspected
from daf_core.labels import read_labels
from daf_core.recording_files import RecordingFiles, inspect_recording
from daf_core.source_rows import file_sha256
from daf_core.tables import filesystem, join
from daf_core.transcripts import READERS
from daf_core.utterances import Row, quarantined

# fmt: off
AUDIO_SUFFIXES = frozenset({
    ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".amr", ".webm",
    ".weba", ".aif", ".aiff", ".au", ".caf", ".wma", ".3gp", ".mka",
})
# fmt: on


@dataclass(frozen=True)
class _File:
    name: str  # path within the folder
    version: str  # size and time of change


class FolderSource:
    """Recordings anywhere under a folder, in order of their paths; transcripts have the same stem.

    `roles` maps channels to roles (empty: channels are mixed), `labels_uri` names a table of
    labels. Hidden files and files that are neither audio nor transcript do not count.

    Raises:
        SettingsError: the folder holds nothing to ingest.
    """

    def __init__(self, uri: str, roles: Mapping[int, str], labels_uri: str | None) -> None:
        self._uri = uri
        self._roles = roles
        self._labels_uri = labels_uri
        found = _list(uri)
        self._files = [file for file in found if _is_unicode(file.name)]
        self.rejected = [_misnamed(file.name) for file in found if not _is_unicode(file.name)]
        if not found:
            suffixes = " ".join(sorted({*AUDIO_SUFFIXES, *READERS}))
            raise SettingsError(f"{uri}: expected recordings or transcripts ({suffixes}), no such")
        self._recordings = _pair([file.name for file in self._files], uri)

    def fingerprint(self) -> str:
        """SHA-256 of the files' names, sizes and times of change, and of the labels."""
        digest = hashlib.sha256()
        for file in self._files:
            digest.update(f"{file.name}\0{file.version}\0".encode())
        if self._labels_uri:
            digest.update(file_sha256(self._labels_uri).encode())
        return digest.hexdigest()

    def gather(self) -> None:
        """Read the labels; comes before `recordings`."""
        if self._labels_uri is None:
            return
        labels, rejected = read_labels(self._labels_uri)
        self.rejected += rejected
        self._recordings = [
            recording._replace(labels=tuple(labels.pop(recording.recording_id, ())))
            for recording in self._recordings
        ]
        for label in (label for several in labels.values() for label in several):
            message = f"{label['place']}: expected a recording of the folder, found none of this id"
            self.rejected.append(quarantined(BadInput("unmatched_label", message), label))

    def recordings(self) -> Iterator[RecordingFiles]:
        """Yield one recording after the other."""
        yield from self._recordings

    def inspector(self) -> Callable[[Any], Inspected]:
        """The function that makes manifest and quarantine rows of one of `recordings`."""
        return partial(inspect_recording, roles=self._roles)


def _list(uri: str) -> list[_File]:
    fs, root = filesystem(uri)
    files = []
    for path, info in fs.find(root, detail=True).items():
        name = posixpath.relpath(path, root)
        hidden = any(step.startswith(".") for step in name.split("/"))
        if not hidden and _suffix(name) in AUDIO_SUFFIXES | READERS.keys():
            changed = next((info[key] for key in ("ETag", "etag", "mtime") if key in info), "")
            files.append(_File(name, f"{info.get('size')} {changed}"))
    return sorted(files, key=lambda file: file.name)


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _misnamed(name: str) -> Row:
    return quarantined(BadInput("bad_encoding", f"{name!a}: expected a file name in UTF-8"), {})


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _pair(names: list[str], folder: str) -> list[RecordingFiles]:
    """Recordings with their transcripts; transcripts of their own where there is no recording."""
    audio: dict[str, list[str]] = {}
    transcripts: dict[str, list[str]] = {}
    for name in names:
        found = audio if _suffix(name) in AUDIO_SUFFIXES else transcripts
        found.setdefault(posixpath.splitext(name)[0], []).append(name)
    preference = list(READERS)
    recordings = []
    for stem in sorted({*audio, *transcripts}):
        beside = sorted(transcripts.get(stem, []), key=lambda name: preference.index(_suffix(name)))
        transcript_uri = join(folder, beside[0]) if beside else None
        several = audio.get(stem, [])
        for name in several:
            # Two files that differ only in suffix are two recordings: their ids keep it.
            recording_id = stem if len(several) == 1 else name
            recordings.append(RecordingFiles(recording_id, join(folder, name), transcript_uri))
        if not several:
            recordings.append(RecordingFiles(stem, None, transcript_uri))
    return recordings
