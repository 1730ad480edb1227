"""The version of a file: its size and modification time or ETag, or a hash of its contents."""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager

from daf_core.errors import NotDone
from daf_core.sources.table_rows import file_sha256
from daf_core.storage.files import filesystem
from daf_core.storage.refusals import storage_error
from daf_core.storage.run_record import Json
from daf_core.storage.scratch_database import scratch_database

ABSENT = "absent"
_SCHEMA = """
    CREATE TABLE folders (uri TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE files (folder TEXT, name TEXT, version TEXT, PRIMARY KEY (folder, name))
        WITHOUT ROWID
"""


def is_unicode(name: str) -> bool:
    """Whether a file's name is valid text; Python gives other bytes as unpaired surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed_version(info: Json) -> str:
    """Size and ETag or modification time, from a file's entry in a listing."""
    changed = next((info[key] for key in ("ETag", "etag", "mtime") if key in info), "")
    return f"{info.get('size')} {changed}"


def contents_version(uri: str) -> str:
    """SHA-256 of a file's contents; `ABSENT` where it cannot be read."""
    with _refusals_ignored(uri):
        return file_sha256(uri)
    return ABSENT


class ListedVersions:
    """Versions of files anywhere, from one listing of each folder that holds some of them."""

    def __init__(self) -> None:
        self._database = scratch_database(_SCHEMA)

    def __call__(self, uri: str) -> str:
        """The version of a file; `ABSENT` where there is none."""
        folder, _, name = uri.rpartition("/")
        if folder.endswith("/"):  # cannot be listed: file systems take it for its parent
            return _version(uri)
        added = self._database.execute("INSERT OR IGNORE INTO folders VALUES (?)", [folder])
        if added.rowcount:
            self._database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                ((folder, name, version) for name, version in _list(folder)),
            )
        found = self._database.execute(
            "SELECT version FROM files WHERE folder = ? AND name = ?", [folder, name]
        ).fetchone()
        return found[0] if found else ABSENT


def _list(folder: str) -> list[tuple[str, str]]:
    """Name and version of each file in a folder; empty where the folder cannot be listed."""
    found: list[Json] = []
    with _refusals_ignored(folder):
        fs, path = filesystem(folder)
        found = fs.ls(path, detail=True)
    files = [(posixpath.basename(i["name"]), i) for i in found if i["type"] == "file"]
    return [(name, listed_version(info)) for name, info in files if is_unicode(name)]


def _version(uri: str) -> str:
    with _refusals_ignored(uri):
        fs, path = filesystem(uri)
        return listed_version(fs.info(path))
    return ABSENT


@contextmanager
def _refusals_ignored(uri: str) -> Iterator[None]:
    """Leave the body where there is no such file, or it is refused: inspecting it will say why.

    Raises:
        NotDone: the storage fails in a way that may pass.
    """
    try:
        yield
    except ValueError:  # also SettingsError: no such kind of storage
        return
    except Exception as err:
        failure = storage_error(uri, err)
        if isinstance(failure, NotDone):
            raise failure from err
