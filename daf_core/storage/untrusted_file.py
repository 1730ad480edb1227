"""Small files that a setting names and that anybody may have written: read within bounds.

A local file must be a regular one in its own folder: a pipe would block, and a link that leads out
of the folder would read what nobody named.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import SettingsError
from daf_core.storage import files
from daf_core.storage.run_record import Json

MIB = 1 << 20


def read_bounded(uri: str, most_mib: int, place: Path | None = None) -> bytes | None:
    """The bytes of a file of at most `most_mib` MiB, None if there is none.

    place: the local folder that a link may lead into; None: the file's own.

    Raises:
        SettingsError: it is larger, is no regular file, or is a link out of its folder.
    """
    fs, path = files.filesystem(uri)
    limit = most_mib * MIB
    try:
        if isinstance(fs, LocalFileSystem):
            file = Path(path)
            check_within(file, place or file.parent)
            with open(file, "rb") as stream:
                data = stream.read(limit + 1)
        else:
            if fs.info(path)["size"] > limit:
                raise _too_large(uri, most_mib)
            data = bytes(fs.cat_file(path, start=0, end=limit + 1))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(data) > limit:
        raise _too_large(uri, most_mib)
    return data


def check_within(file: Path, folder: Path) -> None:
    """Check that `file` is a regular file that lies in `folder`, once links are followed.

    Raises:
        SettingsError: it is no regular file, or lies elsewhere.
        FileNotFoundError: there is none.
    """
    try:
        place = file.resolve(strict=True)
        kind = os.stat(place).st_mode
    except (OSError, RuntimeError) as err:  # RuntimeError: links in a circle, before Python 3.13
        if isinstance(err, FileNotFoundError | NotADirectoryError):
            raise
        raise SettingsError(f"{file}: cannot be read: {err}") from err
    if not place.is_relative_to(folder.resolve()):
        raise SettingsError(f"{file}: expected a file of its folder, found a link to {place}")
    if not stat.S_ISREG(kind):
        raise SettingsError(f"{file}: expected a regular file, found a folder, pipe or device")


def parse_json(data: bytes, uri: str) -> Json:
    """The JSON object in `data`; `uri` is for messages.

    Raises:
        SettingsError: it is no JSON object in UTF-8, is nested too deeply, or has a name twice.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_without_doubles)
        json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError) as err:
        what = "too many levels" if isinstance(err, RecursionError) else str(err)
        raise SettingsError(f"{uri}: expected JSON: {what}") from err
    if not isinstance(value, dict):
        raise SettingsError(f"{uri}: expected a JSON object, got {type(value).__name__}")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {double[:60]!r} stands twice in one object")
    return found


def _too_large(uri: str, most_mib: int) -> SettingsError:
    return SettingsError(f"{uri}: expected at most {most_mib} MiB, found more")
