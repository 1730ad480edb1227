"""Recordings that libsndfile reads (WAV, FLAC, MP3, Ogg …), exact to the sample.

libmpg123, which decodes MP3 under libsndfile, writes "part2_3_length … too large" to standard error
for some positions from which it starts to decode: the first frame there borrows bits of a frame
that it has not read. These messages are harmless, since the frames concerned are decoded only as a
lead and dropped. They cannot be turned off through libsndfile, so `quiet` discards them. Reading
without seeking, which avoids them, gives samples that differ in the last bit: the order of sums in
mpg123's filter bank depends on the frame at which decoding started.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from daf_core.errors import BadInput
from daf_core.recordings.decoding.quiet import quiet
from daf_core.recordings.decoding.watched_file import Stretch, WatchedFile
from daf_core.recordings.decoding.wav_data import RawSound

UNKNOWN_FRAMES = 1 << 50  # libsndfile gives more than this where a header gives no length
# An MP3 frame borrows bits from earlier frames, so decoding starts this much earlier. On every
# read, because soundfile seeks after each of them.
MPEG_LEAD_S = 0.3
_BOUNDED = ("PCM_", "ULAW", "ALAW", "ALAC_")  # encodings that cannot exceed full scale


class SoundFileDecoder:
    """Decodes an open file from any frame on.

    A frame is one sample of every channel, at the file's own rate. `raw`: the format of a file
    without a header. `bounded` says that no value exceeds full scale.

    Raises:
        soundfile.LibsndfileError: libsndfile cannot open `file`.
        NotDone: the file's storage fails.
    """

    def __init__(self, file: Any, uri: str, raw: RawSound | None = None) -> None:
        self._uri, self._raw = uri, raw
        self.has_form = raw is None
        self.heard_to = 0  # byte of the file where the sound ends, if more than its form tells
        if raw is not None:
            self.heard_to = raw.end or file.seek(0, 2)
        self._file = WatchedFile(file if raw is None else Stretch(file, raw.start, raw.end), uri)
        self._open()
        self.bounded: bool = self._sound.subtype.startswith(_BOUNDED)
        self.rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.frames: int = self._sound.frames
        self.promised = 0  # what is wrong with a header is told by its bytes
        # An interrupted recorder leaves a header with length 0 or none.
        self.knows_its_length = 0 < self.frames < UNKNOWN_FRAMES
        self.seekable: bool = self._sound.seekable()
        self._position = 0
        self._lead = round(MPEG_LEAD_S * self.rate_hz) if "MPEG" in self._sound.subtype else 0

    def _open(self) -> None:
        with self._file.watched(), quiet():
            self._file.seek(0)
            raw = self._raw
            self._sound = (
                soundfile.SoundFile(self._file)
                if raw is None
                else soundfile.SoundFile(
                    self._file,
                    samplerate=raw.rate_hz,
                    channels=raw.channels,
                    format="RAW",
                    subtype=raw.subtype,
                    endian=raw.endian,
                )
            )

    @property
    def form(self) -> str:
        """libsndfile's names of the format and the encoding, such as "WAV/PCM_16"."""
        return f"{self._sound.format}/{self._sound.subtype}"

    def reaches_its_end(self) -> bool:
        """Whether the last frame that the header promises is there and can be decoded."""
        try:
            with self._file.watched(), self._quiet():
                self._sound.seek(self.frames - 1)
                is_there = len(self._sound.read(1, dtype="float32")) == 1
                self._sound.seek(0)
        except soundfile.LibsndfileError:
            return False
        return is_there

    def seek(self, frame: int) -> None:
        """Move to `frame`, or to the end where the file is shorter."""
        self._position = min(frame, self.frames)
        if self._sound.closed:
            self._open()

    def read(self, count: int) -> npt.NDArray[np.float32]:
        """Read the next frames: (up to `count`, channels) float32; fewer only at the end.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        lead = min(self._lead, self._position)
        with self._decoding():
            if self._sound.tell() != self._position - lead:
                self._sound.seek(self._position - lead)
            frames: npt.NDArray[np.float32] = self._sound.read(
                lead + count, dtype="float32", always_2d=True
            )[lead:]
        self._position += len(frames)
        return frames

    def _quiet(self) -> AbstractContextManager[None]:
        return quiet() if self._lead else nullcontext()

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            with self._file.watched(), self._quiet():
                yield
        except soundfile.LibsndfileError as err:
            self._sound.close()  # unusable after an error; `seek` opens it again
            raise BadInput(
                "unreadable_audio",
                f"{self._uri}: cannot be decoded at {self._position / self.rate_hz:.1f} s: "
                f"{err.error_string}",
            ) from err

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        self._sound.close()
