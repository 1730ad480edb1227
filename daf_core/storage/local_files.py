"""Publish local files atomically: write a temporary file beside, sync it, then move it."""

import errno
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ABANDONED_S = 3600.0  # a temporary file this old belongs to a process that died
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}\.tmp")


def replace_file(path: str, data: bytes) -> None:
    """Write `data` to `path`; a file that is there is replaced."""
    with _temporary(path, data) as temporary:
        os.replace(temporary, path)


def create_file(path: str, data: bytes) -> None:
    """Write `data` to `path` if no file is there. A hard link makes this atomic.

    Raises:
        FileExistsError: a file is there, even if another process made it just now.
    """
    with _temporary(path, data) as temporary:
        try:
            os.link(temporary, path)
        except OSError as err:
            if err.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                raise
            if os.path.exists(path):  # without hard links this is not quite atomic
                raise FileExistsError(path) from err
            os.replace(temporary, path)


@contextmanager
def replaced_file(path: str) -> Iterator[str]:
    """Path of an empty file to write to; it replaces `path` when the body ends without an error."""
    with _temporary(path, b"") as temporary:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)


def sweep_folder(folder: str) -> None:
    """Delete temporary files in a local `folder` that dead processes left over an hour ago.

    Does nothing for a URI of an object store.
    """
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for file in found:
            with suppress(OSError):  # already gone, or owned by someone else
                if (
                    _TEMPORARY.fullmatch(file.name)
                    and time.time() - file.stat().st_mtime > ABANDONED_S
                ):
                    os.unlink(file)


@contextmanager
def _temporary(path: str, data: bytes) -> Iterator[str]:
    """Path of a temporary file with `data`, synced, beside `path`; deleted afterwards."""
    folder, name = os.path.split(path)
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as err:  # the folder is a file; not to be taken for the file at `path`
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from err
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
