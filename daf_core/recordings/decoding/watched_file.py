"""The file of a recording, for decoders: a storage error is not mistaken for the file's end."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from daf_core.errors import BadInput
from daf_core.storage.refusals import storage_error
from daf_core.storage.uris import shown

# Within one call of a decoder: it takes a few dozen of them to open and decode an hour of any form.
# Zeros in place of a WAV's chunks, or holes, are walked eight bytes at a time.
MOST_SEEKS = 200_000


class WatchedFile:
    """A file object that hides storage errors from a decoder and raises them afterwards.

    Decoders written in C cannot pass on a Python exception, so an error looks to them like the end
    of the file; `watched` raises it after the call. A decoder of damaged audio seeks to invalid
    offsets: that is answered with EINVAL and is not a storage error.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._file, self._uri = file, uri
        self._error: Exception | None = None
        self._seeks = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raise a storage error that occurs within, in place of the decoder's own error.

        Raises:
            NotDone: the storage failed; that may pass and says nothing about the recording.
            BadInput: the storage refuses this recording for good, or the decoder does not come to
                an end (`unreadable_audio`).
        """
        self._seeks = 0
        try:
            yield
        finally:
            error, self._error = self._error, None
            if isinstance(error, BadInput):
                raise error
            if error is not None:
                raise storage_error(self._uri, error) from error

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end or on an error."""
        try:
            return bytes(self._file.read(size))
        except Exception as err:
            self._error = err
            return b""

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` and return the number of bytes; 0 at the end or on an error."""
        try:
            return int(self._file.readinto(buffer))
        except Exception as err:
            self._error = err
            return 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move and return the new position; -EINVAL (FFmpeg's convention) if there is no such, or
        after MOST_SEEKS.
        """
        self._seeks += 1
        if self._seeks > MOST_SEEKS:
            self._error = BadInput(
                "unreadable_audio",
                f"{shown(self._uri)}: expected a recording, found no end of its header",
            )
            return -errno.EINVAL
        try:
            return int(self._file.seek(offset, whence))
        except Exception as err:
            if not isinstance(err, ValueError) and getattr(err, "errno", None) != errno.EINVAL:
                self._error = err
            return -errno.EINVAL

    def tell(self) -> int:
        """The current position in bytes."""
        return int(self._file.tell())


class Stretch:
    """The bytes [start, end) of a file as a file; end 0: up to its end."""

    def __init__(self, file: Any, start: int, end: int) -> None:
        self._file, self._start = file, start
        self._size = (end or file.seek(0, 2)) - start
        self._at = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        self._file.seek(self._start + self._at)
        data: bytes = self._file.read(max(0, min(size, self._size - self._at)))
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` and return the number of bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move and return the new position."""
        at = offset + (0, self._at, self._size)[whence]
        if at < 0:
            raise ValueError(f"expected a position from 0 on, got {at}")
        self._at = at
        return at

    def tell(self) -> int:
        """The current position."""
        return self._at
