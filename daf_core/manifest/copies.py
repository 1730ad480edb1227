"""Recordings of a manifest that are copies of each other, and so count several times.

Sound is compared byte for byte: of files of one size the ends first, and whole files only where
these are alike. Of a recording in several files, as in a table of clips, all must be alike.
Recordings without sound are copies where they have the same words at the same times.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyarrow.compute as pc

from daf_core.errors import NotDone, SettingsError
from daf_core.recordings.decoding.parquet_cell import split_cell
from daf_core.recordings.decoding.raw import MARK
from daf_core.schemas import Row
from daf_core.sources.file_versions import ABSENT, ListedVersions, contents_version
from daf_core.storage.files import filesystem
from daf_core.storage.output import Output
from daf_core.storage.run_record import fingerprint

PARTS_AT_MOST = 2_000  # of larger manifests nothing is said, as all of it would be read
FILES_AT_MOST = 2_000  # of which the ends are read
BYTES_AT_MOST = 1 << 30  # that are read of whole files
WORDS_AT_LEAST = 20  # of a recording without sound; short ones are alike by chance
_END_BYTES = 1 << 16
_READERS = 16
_FILES = ["recording_id", "audio_uri"]
_ROWS = [*_FILES, "start_s", "end_s", "text"]
_Of = TypeVar("_Of")


def copies(output: Output) -> list[list[str]]:
    """Groups of recordings, by id, that are copies of each other."""
    names = output.part_names()
    if len(names) > PARTS_AT_MOST:
        return []
    files: dict[str, set[str]] = defaultdict(set)  # of each recording
    spoken: dict[str, list[object]] = defaultdict(list)
    words: dict[str, int] = defaultdict(int)
    with ThreadPoolExecutor(_READERS) as pool:
        for heard, unheard in pool.map(lambda name: _read(output, name), names):
            for recording, uri in heard:
                files[recording].add(uri.partition(MARK)[0])
            for row in unheard:
                spoken[row["recording_id"]].append(
                    fingerprint([row["start_s"], row["end_s"], row["text"]])
                )
                words[row["recording_id"]] += len((row["text"] or "").split())
    long = [one for one, count in words.items() if count >= WORDS_AT_LEAST]
    alike = [*_alike(long, lambda one: tuple(spoken[one])), *_with_the_same_sound(files)]
    return sorted(sorted(group) for group in alike)


def _with_the_same_sound(files: dict[str, set[str]]) -> list[list[str]]:
    """Groups of recordings whose files have the same bytes. Recordings in the very same files are
    stretches of these, and no copies of each other: one of them stands for all.
    """
    in_files: dict[frozenset[str], str] = {}
    for recording in sorted(files):
        in_files.setdefault(frozenset(files[recording]), recording)
    uris = {uri for own in in_files for uri in own if split_cell(uri) is None}
    first = {uri: group[0] for group in _same_bytes([*uris]) for uri in group}
    alike = _alike(in_files, lambda own: frozenset(first.get(uri, uri) for uri in own))
    return [[in_files[own] for own in group] for group in alike]


def _read(output: Output, name: str) -> tuple[list[tuple[str, str]], list[Row]]:
    """The recordings of a part with their files, and its rows without sound."""
    rows = output.read(name, _FILES)
    heard = rows.filter(pc.is_valid(rows["audio_uri"])).group_by(_FILES).aggregate([])
    pairs = [*zip(*(heard[column].to_pylist() for column in _FILES), strict=True)]
    if not rows["audio_uri"].null_count:
        return pairs, []
    rows = output.read(name, _ROWS)
    return pairs, rows.filter(pc.is_null(rows["audio_uri"])).to_pylist()


def _same_bytes(uris: list[str]) -> list[list[str]]:
    """Files with the same bytes."""
    listed = ListedVersions()
    sizes = {uri: _size(listed(uri)) for uri in sorted(uris)}
    sized = _alike((uri for uri, size in sizes.items() if size), sizes.__getitem__)
    due = [uri for group in sized for uri in group][:FILES_AT_MOST]
    with ThreadPoolExecutor(_READERS) as pool:
        ends = dict(zip(due, pool.map(lambda uri: _ends(uri, sizes[uri]), due), strict=True))
        whole, left = [], BYTES_AT_MOST
        for group in _alike((uri for uri in due if ends[uri]), lambda uri: (sizes[uri], ends[uri])):
            left -= sum(sizes[uri] for uri in group)
            if left >= 0:
                whole += group
        sums = dict(zip(whole, pool.map(contents_version, whole), strict=True))
    return _alike((uri for uri in whole if sums[uri] != ABSENT), sums.__getitem__)


def _size(version: str) -> int:
    size = version.partition(" ")[0]
    return int(size) if size.isascii() and size.isdigit() else 0


def _ends(uri: str, size: int) -> str:
    """A sum of the first and last bytes of a file, "" where they cannot be read."""
    try:
        fs, path = filesystem(uri)
        with fs.open(path, "rb") as file:
            first = file.read(_END_BYTES)
            file.seek(max(0, size - _END_BYTES))
            return hashlib.sha256(first + file.read(_END_BYTES)).hexdigest()
    except (OSError, NotDone, SettingsError):
        return ""


def _alike(things: Iterable[_Of], key: Callable[[_Of], Hashable]) -> list[list[_Of]]:
    """Groups of two and more with the same key."""
    found: dict[Hashable, list[_Of]] = defaultdict(list)
    for one in things:
        found[key(one)].append(one)
    return [group for group in found.values() if len(group) > 1]
