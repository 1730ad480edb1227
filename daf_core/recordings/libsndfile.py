"""Recordings that libsndfile reads (WAV, FLAC, MP3, Ogg …), exact to the sample."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from daf_core.errors import BadInput
from daf_core.recordings.quiet import quiet_libraries
from daf_core.recordings.watched_file import WatchedFile

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
        self._file = WatchedFile(file, uri)
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
        with self._file.watched(), quiet_libraries():
            self._file.seek(0)
            self._sound = soundfile.SoundFile(self._file)

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
            with self._file.watched(), quiet_libraries():
                yield
        except soundfile.LibsndfileError as err:
            self._sound.close()  # after an error libsndfile goes nowhere: seek opens it afresh
            raise BadInput(
                "unreadable_audio",
                f"{self._uri}: cannot be decoded at {self._position / self.rate_hz:.1f} s: "
                f"{err.error_string}",
            ) from err

    def close(self) -> None:
        self._sound.close()
