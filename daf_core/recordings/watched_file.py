"""A recording's file as decoders see it: an error of its storage is not taken for its end."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from daf_core.errors import NotDone


class WatchedFile:
    """To a decoder an error of the file is the end of it; `watched` raises it after the call.

    A damaged recording sends decoders to places that no file has: they are told so, as with the
    file nothing is wrong.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._file, self._uri = file, uri
        self._error: Exception | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raise the error that the file had within, instead of what the decoder made of it.

        Raises:
            NotDone: the file has an error, which may pass: nothing is said of the recording.
        """
        try:
            yield
        finally:
            error, self._error = self._error, None
            if error is not None:
                raise unread(self._uri, error) from error

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end and on an error."""
        try:
            return bytes(self._file.read(size))
        except Exception as err:
            self._error = err
            return b""

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; 0 at the end and on an error."""
        try:
            return int(self._file.readinto(buffer))
        except Exception as err:
            self._error = err
            return 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """The new position, or FFmpeg's number for a wrong one."""
        try:
            return int(self._file.seek(offset, whence))
        except Exception as err:
            if not isinstance(err, ValueError) and getattr(err, "errno", None) != errno.EINVAL:
                self._error = err
            return -errno.EINVAL

    def tell(self) -> int:
        """The position."""
        return int(self._file.tell())


def unread(uri: str, err: Exception) -> NotDone:
    """What is raised where the storage of a recording fails."""
    return NotDone(
        f"{uri}: cannot be read: {err}; run the command again to go on, without this recording "
        f"should that stay so"
    )
