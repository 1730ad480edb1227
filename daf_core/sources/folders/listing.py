"""Every file under a folder; what is not read is named."""

import json
import os
import posixpath
import stat
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import BadInput, NotDone
from daf_core.schemas import Row
from daf_core.sources.file_versions import is_unicode, listed_version
from daf_core.sources.manifest_rows import unused_file
from daf_core.sources.outside import Outside
from daf_core.storage.files import filesystem, join
from daf_core.storage.input_file import open_input
from daf_core.storage.origins import ANYWHERE, Origins
from daf_core.storage.output import NAMES, RECORD
from daf_core.storage.store_faults import listing

_LARGEST_RECORD = 4 << 20  # bytes


class File(NamedTuple):
    """A file of the folder."""

    name: str  # path within the folder
    version: str  # size, and ETag or time of change


class Listing(NamedTuple):
    """The files of a folder in order of their names, quarantine rows of those not read, and hints
    for the summary: what would admit links that lead out of the folder.
    """

    files: list[File]
    not_used: list[Row]
    hints: tuple[str, ...]


def list_files(
    uri: str, without: frozenset[str] = frozenset(), origins: Origins = ANYWHERE
) -> Listing:
    """Every file under the folder at `uri`, in any depth.

    Links are followed to where `origins` allow, each folder once. Hidden files, pipes, devices and
    broken links are named, not read; so are hidden folders and outputs of daf, each as one, and the
    files of an output that has the folder for its root.
    `without`: URIs of files and folders that are left out, such as the output.
    """
    fs, root = filesystem(uri)
    is_local = isinstance(fs, LocalFileSystem)
    found = _local(root, origins) if is_local else _remote(fs, uri, root)
    files, not_used, outside = [], [], Outside("link")
    is_output = _is_output(uri)
    for name, version, problem in found:
        place = join(uri, name)
        if any(place == one or place.startswith(f"{one}/") for one in without):
            continue
        if not is_unicode(name):
            problem = BadInput("bad_encoding", "expected a file name in UTF-8, found other bytes")
            place = ascii(name)
        if is_output and problem is None and _is_made(name):
            problem = _OUTPUT
        if problem is _OUTSIDE:
            outside.add(place)
        if problem is None:
            files.append(File(name, version))
        else:
            not_used.append(unused_file(place, problem))
    return Listing(sorted(files), sorted(not_used, key=lambda row: row["file"]), outside.hints())


_Found = tuple[str, str, BadInput | None]  # name, version, why the file is not read


def _remote(fs: object, uri: str, root: str) -> Iterator[_Found]:
    with listing(uri):
        entries = fs.find(root, detail=True)  # type: ignore[attr-defined]
    top = root.rstrip("/") + "/"
    outputs = [
        place.removeprefix(top)
        for path in entries
        if path.endswith(f"/{RECORD}") and (place := path.rpartition("/")[0]).startswith(top)
        if _is_output(f"{uri}/{place.removeprefix(top)}")
    ]
    outputs = [one for one in outputs if not any(one.startswith(f"{o}/") for o in outputs)]
    yield from ((one, "", _OUTPUT) for one in outputs)
    hidden = set()
    for path, info in entries.items():
        name = path.removeprefix(root.rstrip("/") + "/")
        if info["type"] != "file" or name.endswith("/") or not name:
            continue
        if any(name.startswith(f"{one}/") for one in outputs):
            continue
        if (shown := _hidden(name)) is None:
            yield name, listed_version(info), None
        elif shown not in hidden:
            hidden.add(shown)
            yield shown, "", _HIDDEN


_HIDDEN = BadInput("hidden", "hidden: its name starts with a dot")
_OUTSIDE = BadInput("linked_outside", "expected a file of the source, found a link that leads out")
_OUTPUT = BadInput("daf_output", "an output of daf: what it holds is not of this source")


def _is_made(name: str) -> bool:
    """Whether a file is of the output in whose root the source begins, by its path."""
    return name.split("/")[0] in NAMES and name.endswith((".parquet", ".json", ".jsonl", ".html"))


def _is_output(folder: str) -> bool:
    """Whether the run record in a folder is one of daf's."""
    try:
        with open_input(join(folder, RECORD)) as file:
            record = json.loads(file.read(_LARGEST_RECORD))
    except (OSError, ValueError, RecursionError, NotDone):
        return False
    return isinstance(record, dict) and {"daf", "kind", "fingerprint"} <= record.keys()


def _hidden(name: str) -> str | None:
    """The first hidden file or folder of a path, None if nothing of it is hidden."""
    steps = name.split("/")
    for number, step in enumerate(steps, start=1):
        if step.startswith(".") and step.strip("."):  # keys may hold steps of dots
            return "/".join(steps[:number])
    return None


def _local(root: str, origins: Origins) -> Iterator[_Found]:
    """Folders themselves come before links to folders, so that a folder keeps its own name."""
    folders, links = deque([""]), deque[str]()
    seen = set()
    while folders or links:
        folder = (folders or links).popleft()
        place = posixpath.join(root, folder) if folder else root
        try:
            status = os.stat(place)
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as err:
            yield folder, "", BadInput("unreadable_folder", f"cannot be read: {err.strerror}")
            continue
        if (status.st_dev, status.st_ino) in seen:
            yield folder, "", BadInput("linked_again", "a link to a folder that is read already")
            continue
        seen.add((status.st_dev, status.st_ino))
        if folder and any(entry.name == RECORD for entry in entries) and _is_output(place):
            yield folder, "", _OUTPUT
            continue
        for entry in entries:
            name = posixpath.join(folder, entry.name)
            if entry.name.startswith("."):
                yield name, "", _HIDDEN
            elif entry.is_symlink() and os.path.exists(entry) and not _may_open(entry, origins):
                yield name, "", _OUTSIDE
            elif _is_folder(entry):
                (links if entry.is_symlink() else folders).append(name)
            else:
                yield name, *_local_file(entry)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # as of a link to itself: `_local_file` says why
        return False


def _may_open(entry: "os.DirEntry[str]", origins: Origins) -> bool:
    try:
        origins.check(entry.path)
    except BadInput:
        return False
    return True


def _local_file(entry: "os.DirEntry[str]") -> tuple[str, BadInput | None]:
    try:
        status = entry.stat()
    except OSError as err:
        found = "a broken link" if entry.is_symlink() else err.strerror
        return "", BadInput("not_a_file", f"expected a file, found {found}")
    if not stat.S_ISREG(status.st_mode):
        return "", BadInput("not_a_file", "expected a file, found a pipe, socket or device")
    return listed_version({"size": status.st_size, "mtime": status.st_mtime}), None
