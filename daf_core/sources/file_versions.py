"""What tells a file from what it was: its size and its time of change or ETag, or its contents."""

import posixpath
import sqlite3
from typing import Any

from daf_core.sources.table_rows import file_sha256
from daf_core.storage.files import filesystem

ABSENT = "absent"
_NOT_THERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_NOT_OURS = (PermissionError, ValueError)  # not ours to read; or no place, a SettingsError


def is_unicode(name: str) -> bool:
    """Whether a file's name is text; bytes that were no UTF-8 come as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed_version(info: dict[str, Any]) -> str:
    """Size and ETag or time of change from a file's entry in a listing."""
    changed = next((info[key] for key in ("ETag", "etag", "mtime") if key in info), "")
    return f"{info.get('size')} {changed}"


def contents_version(uri: str) -> str:
    """SHA-256 of a file's contents."""
    try:
        return file_sha256(uri)
    except (*_NOT_THERE, *_NOT_OURS):  # inspecting the recording will say why
        return ABSENT


class ListedVersions:
    """Versions of files anywhere, from one listing of each folder that they are in."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": on disk, deleted on close
        self._database.executescript(
            "CREATE TABLE folders (uri TEXT PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE files (folder TEXT, name TEXT, version TEXT, PRIMARY KEY (folder, name))"
            " WITHOUT ROWID;"
            "BEGIN"
        )

    def __call__(self, uri: str) -> str:
        """The version of a file."""
        folder, name = posixpath.split(uri)
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
    """Name and version of each file in a folder; of none where it cannot be listed."""
    try:
        fs, path = filesystem(folder)
        found = fs.ls(path, detail=True)
    except (*_NOT_THERE, *_NOT_OURS):
        return []
    files = [(posixpath.basename(i["name"]), i) for i in found if i["type"] == "file"]
    return [(name, listed_version(info)) for name, info in files if is_unicode(name)]
