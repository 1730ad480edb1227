"""Recordings that libsndfile reads (WAV, FLAC, MP3, Ogg …), exact to the sample."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from daf_core.errors import BadInput

UNKNOWN_FRAMES = 1 << 50  # libsndfile counts more where a header does not say
# MP3 borrows bits from the frames before, so decoding starts this much earlier; on every read, as
# soundfile itself seeks after each.
MPEG_LEAD_S = 0.3


class SoundFileDecoder:
    """Stand at a frame of an open file and read on from there.

    A frame is one sample of every channel, at the file's own rate.

    Raises `soundfile.LibsndfileError` where libsndfile cannot open `file`.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._uri = uri
        self._file = _RememberingFile(file)
        self._open()
        self.rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.frames: int = self._sound.frames
        # A recorder that was cut off leaves a header that says 0, or nothing.
        self.knows_its_length = 0 < self.frames < UNKNOWN_FRAMES
        self.seekable: bool = self._sound.seekable()
        self._position = 0
        self._lead = round(MPEG_LEAD_S * self.rate_hz) if "MPEG" in self._sound.subtype else 0

    def _open(self) -> None:
        try:
            self._file.seek(0)
            self._sound = soundfile.SoundFile(self._file)
        finally:
            self._file.reraise()

    def seek(self, frame: int) -> None:
        """Stand at `frame`, or at the end where the file is shorter."""
        self._position = min(frame, self.frames)
        if self._sound.closed:
            self._open()

    def read(self, count: int) -> npt.NDArray[np.float32]:
        """Read (up to `count`, channels) float32 and stand after them; fewer only at the end."""
        lead = min(self._lead, self._position)
        with self._decoding():
            if self._sound.tell() != self._position - lead:
                self._sound.seek(self._position - lead)
            frames: npt.NDArray[np.float32] = self._sound.read(
                lead + count, dtype="float32", always_2d=True
            )[lead:]
        self._position += len(frames)
        return frames

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except soundfile.LibsndfileError as err:
            self._sound.close()  # after an error libsndfile goes nowhere: seek opens it afresh
            raise BadInput(
                "unreadable_audio",
                f"{self._uri}: cannot be decoded at {self._position / self.rate_hz:.1f} s: "
                f"{err.error_string}",
            ) from err
        finally:
            self._file.reraise()

    def close(self) -> None:
        self._sound.close()


def is_outside(err: Exception) -> bool:
    """Whether a file says so of a place before its start or far beyond its end.

    Damaged headers send decoders there; with the file itself nothing is wrong.
    """
    return isinstance(err, ValueError) or getattr(err, "errno", None) == errno.EINVAL


class _RememberingFile:
    """Keeps an error of the file for after the call: libsndfile takes it for the file's end."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._error: Exception | None = None

    def readinto(self, buffer: Any) -> int:
        try:
            return int(self._file.readinto(buffer))
        except Exception as err:
            self._error = err
            return 0

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return int(self._file.seek(offset, whence))
        except Exception as err:
            if not is_outside(err):
                self._error = err
            return -1

    def tell(self) -> int:
        return int(self._file.tell())

    def reraise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
