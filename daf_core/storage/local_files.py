"""Local files published whole or not at all: written aside, synced, then put in place."""

import errno
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LEFT_S = 3600.0
_ASIDE = re.compile(r"\..+\.[0-9a-f]{32}\.tmp")


def replace_file(path: str, data: bytes) -> None:
    """Write `data` to `path`, in place of what is there."""
    with _aside(path, data) as aside:
        os.replace(aside, path)


def create_file(path: str, data: bytes) -> None:
    """Write `data` to `path` where nothing is: linking is atomic.

    Raises:
        FileExistsError: something is there, even if it came just now.
    """
    with _aside(path, data) as aside:
        try:
            os.link(aside, path)
        except OSError as err:
            if err.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                raise
            if os.path.exists(path):  # a file system without links: as near as it gets
                raise FileExistsError(path) from err
            os.replace(aside, path)


def sweep_folder(folder: str) -> None:
    """Delete what processes that died left aside in `folder`, over an hour ago; of another store
    there is nothing.
    """
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for file in found:
            with suppress(OSError):  # gone meanwhile, or not ours to delete
                if _ASIDE.fullmatch(file.name) and time.time() - file.stat().st_mtime > LEFT_S:
                    os.unlink(file)


@contextmanager
def _aside(path: str, data: bytes) -> Iterator[str]:
    """A whole, synced file beside `path`; gone afterwards, if it is still there."""
    folder, name = os.path.split(path)
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as err:  # not the file that `create` may find
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from err
    aside = os.path.join(folder, f".{name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        with suppress(FileNotFoundError):
            os.unlink(aside)
