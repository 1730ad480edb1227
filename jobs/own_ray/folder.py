"""The folder of a Ray of one run: where it is made, and what is deleted of runs that were killed.

While its driver lives it holds a lock on a file in the folder, which the processes that it starts
do not inherit. A folder that is kept for its logs loses that file.
"""

import fcntl
import logging
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from functools import cache

log = logging.getLogger(__name__)

VARIABLE, PREFIX, LOCK = "RAY_TMPDIR", "daf-", "driver.lock"
MOST_OF_SOCKETS = 107  # bytes that the path of a Unix socket has at most
_OF_RAY = 80  # those that Ray's names below its folder take
MOST_BYTES = MOST_OF_SOCKETS - _OF_RAY - len(f"/{PREFIX}12345678/ray0")
LEFT_S = 300.0  # a folder that is younger is left alone: its driver may be about to lock it


class RayFolder:
    """A new folder that only this user can read (mode 0700), locked by this process."""

    def __init__(self) -> None:
        parent = folder_of_folders()
        sweep(parent)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        self._file = os.path.join(self.path, LOCK)
        self._lock = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if not _take(self._lock):  # a file system without locks: nobody could tell that it is held
            os.unlink(self._file)

    def keep(self) -> None:
        """Leave the folder there, also when other runs sweep, and let the lock go."""
        with suppress(FileNotFoundError):
            os.unlink(self._file)
        self.close()

    def delete(self) -> None:
        """Delete the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def close(self) -> None:
        """Let the lock go."""
        os.close(self._lock)


def folder_of_folders() -> str:
    """Where the folder is made: RAY_TMPDIR, or the usual one, if socket paths fit under it."""
    for folder in (os.environ.get(VARIABLE), tempfile.gettempdir()):
        if folder and _problem(folder) is None:
            return folder
    return "/tmp"


def _problem(folder: str) -> str | None:
    """Why a folder is not taken, as the end of a sentence; None if it is."""
    if (size := len(os.fsencode(folder))) > MOST_BYTES:
        return (
            f"expected a path of at most {MOST_BYTES} bytes, found {size}: the paths of Ray's Unix "
            f"sockets below it have at most {MOST_OF_SOCKETS}"
        )
    return None if os.path.isdir(folder) else "expected a folder, found none"


def warn_if_not_taken() -> None:
    """Say, once a process, where RAY_TMPDIR is set to what cannot be taken."""
    folder = os.environ.get(VARIABLE)
    if folder and (problem := _problem(folder)) is not None:
        _warn(folder, problem)


@cache
def _warn(folder: str, problem: str) -> None:
    log.warning(
        "%s %s is not taken: %s; Ray's files are in %s; set it to another folder to have them "
        "elsewhere",
        *(VARIABLE, folder, problem, folder_of_folders()),
    )


def sweep(parent: str) -> None:
    """Delete the folders that drivers of this user have left in `parent` when they were killed."""
    with suppress(OSError), os.scandir(parent) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(PREFIX)]:
            with suppress(OSError):
                _delete_if_left(os.path.join(parent, name))


def _delete_if_left(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(folder).st_uid != os.geteuid():
            return
        lock = os.open(LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        found = os.fstat(lock)
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if is_ours and time.time() - found.st_mtime > LEFT_S and _take(lock):
            shutil.rmtree(path, ignore_errors=True)  # which follows no links
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    """Whether the lock of a file was free and is this process's now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
