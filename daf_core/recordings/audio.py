"""Recordings of any format, read as 16 kHz mono by time, without decoding what comes before."""

import math
import sys
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from daf_core.arrays import RATE_HZ, Samples
from daf_core.errors import BadInput
from daf_core.recordings.ffmpeg import PyAVDecoder
from daf_core.recordings.libsndfile import SoundFileDecoder
from daf_core.storage.input_file import open_input
from daf_core.storage.refusals import storage_error

AudioFrames = npt.NDArray[np.float32]  # (frames, channels) at the recording's own rate

RATE_RANGE_HZ = (1_000, 384_000)
MOST_CHANNELS = 64

MARGIN_S = 0.05  # reach of the resampling filter on both sides of a cut
SKIP_S = 5.0  # shorter gaps between cuts are decoded, longer ones are skipped by a seek
BLOCK_VALUES = 1 << 20  # decoded at once: a header that declares a false length costs no memory
NOWHERE = sys.maxsize  # as the start of `_held`: no frame is held

SILENT_BELOW = 10 ** (-60 / 20)  # peak, -60 dBFS
FULL_SCALE = 0.98  # the largest value that mu-law can represent
CLIPPED_SHARE = 0.001
SHORT_BELOW_S = 0.3


class Recording:
    """An open recording, from `open_recording`. Reading cuts in order of time is the fastest."""

    def __init__(self, uri: str, file: Any, decoder: SoundFileDecoder | PyAVDecoder) -> None:
        self.uri = uri
        self._file = file
        self._decoder = decoder
        self.rate_hz = decoder.rate_hz
        self.channels = decoder.channels
        self._held = np.zeros((0, decoder.channels), np.float32)  # the latest cut, at rate_hz
        self._held_start = NOWHERE

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._decoder.close()
        self._file.close()

    @property
    def duration_s(self) -> float:
        """Duration in seconds, from the header or, if that gives none, from all packets."""
        return self._decoder.frames / self.rate_hz

    def read(self, start_s: float, end_s: float, channel: int | None = None) -> Samples:
        """Read [start_s, end_s): the same slice as of the whole recording, resampled.

        Returns (samples,) float32 in [-1, 1] at 16 kHz. `channel` None gives the mean of all
        channels. The result is shorter, or empty, where the recording ends earlier.

        Raises:
            BadInput: `bad_channel`; `unreadable_audio`, the cut cannot be decoded.
            NotDone: the storage fails.
        """
        if channel is not None and not 0 <= channel < self.channels:
            raise BadInput(
                "bad_channel",
                f"{self.uri}: expected a channel below {self.channels}, found {channel}",
            )
        first, last = max(0, round(start_s * RATE_HZ)), round(end_s * RATE_HZ)
        if last <= first:
            return np.zeros(0, np.float32)
        if self.rate_hz == RATE_HZ:
            return _mono(self._frames(first, last), channel)
        # `theirs` frames of the recording last as long as `ours` samples at 16 kHz. The cut with
        # its margin starts where the two sample grids coincide.
        shared = math.gcd(self.rate_hz, RATE_HZ)
        theirs, ours = self.rate_hz // shared, RATE_HZ // shared
        margin = math.ceil(MARGIN_S * self.rate_hz)
        meeting = max(0, first * theirs // ours - margin) // theirs
        stop = last * theirs // ours + margin + 1
        mono = _mono(self._frames(meeting * theirs, stop), channel)
        if not len(mono):
            return mono
        resampled: Samples = soxr.resample(mono, self.rate_hz, RATE_HZ)
        return resampled[first - meeting * ours : last - meeting * ours].clip(-1, 1)

    def _frames(self, start: int, stop: int) -> AudioFrames:
        """Frames [start, stop) of all channels; decoding continues from the latest cut if near."""
        held, held_start = self._held, self._held_start
        held_stop = held_start + len(held)
        self._held, self._held_start = held[:0], NOWHERE  # in case decoding fails
        if not held_start <= start <= held_stop + SKIP_S * self.rate_hz:
            self._decoder.seek(start)
            held, held_start, held_stop = held[:0], start, start
        blocks = [held]
        block_frames = BLOCK_VALUES // self.channels
        while held_stop < stop:
            block = self._decoder.read(min(stop - held_stop, block_frames))
            if not len(block):
                break
            blocks.append(_finite(block))
            held_stop += len(block)
        self._held, self._held_start = np.concatenate(blocks)[start - held_start :], start
        return self._held[: stop - start]


def open_recording(uri: str) -> Recording:
    """Open the recording at a path or URI (s3://…); use it as a context manager.

    Raises:
        BadInput: `missing_audio`, `empty_audio` or `unreadable_audio`.
        NotDone: the storage fails.
    """
    file = open_input(uri)
    try:
        if not _first_byte(file, uri):
            raise BadInput("empty_audio", f"{uri}: expected a recording, found an empty file")
        return Recording(uri, file, _open_decoder(file, uri))
    except BaseException:
        file.close()
        raise


def _first_byte(file: Any, uri: str) -> bytes:
    """The first byte of a file, empty if it has none; the file is rewound.

    An object store sends the header along with it. So no other thread waits for the store while
    libsndfile opens this file: it opens one file at a time.
    """
    try:
        first: bytes = file.read(1)
        file.seek(0)
    except Exception as err:
        raise storage_error(uri, err) from err
    return first


def _open_decoder(file: Any, uri: str) -> SoundFileDecoder | PyAVDecoder:
    """A decoder of `file`: libsndfile, which is exact, if it can read the file, else FFmpeg."""
    decoder: SoundFileDecoder | PyAVDecoder
    try:
        decoder = SoundFileDecoder(file, uri)
    except soundfile.LibsndfileError:
        decoder = PyAVDecoder(file, uri)
    else:
        if not (decoder.knows_its_length and decoder.seekable):
            decoder.close()
            decoder = PyAVDecoder(file, uri)
    low, high = RATE_RANGE_HZ
    if not low <= decoder.rate_hz <= high or decoder.channels > MOST_CHANNELS:
        raise BadInput(
            "unreadable_audio",
            f"{uri}: expected {low} to {high} Hz and at most {MOST_CHANNELS} channels, "
            f"found {decoder.rate_hz} Hz and {decoder.channels}",
        )
    return decoder


def audio_flags(samples: Samples) -> list[str]:
    """Flags of (samples,) at 16 kHz: any of silent, clipped, short (`schemas.FLAGS`)."""
    flags = []
    level = np.abs(samples)
    if level.max(initial=0) < SILENT_BELOW:
        flags.append("silent")
    if len(samples) and np.mean(level >= FULL_SCALE) > CLIPPED_SHARE:
        flags.append("clipped")
    if len(samples) < SHORT_BELOW_S * RATE_HZ:
        flags.append("short")
    return flags


def _finite(frames: AudioFrames) -> AudioFrames:
    """Clip frames to [-1, 1] in place; NaN and infinity become silence."""
    if not np.isfinite(frames).all():
        np.nan_to_num(frames, copy=False, nan=0, posinf=0, neginf=0)
    np.clip(frames, -1, 1, out=frames)
    return frames


def _mono(frames: AudioFrames, channel: int | None) -> Samples:
    """One channel of (frames, channels) as a copy, or the mean of all: (frames,)."""
    if channel is None and frames.shape[1] > 1:
        mean: Samples = frames.mean(axis=1, dtype=np.float32)
        return mean
    column: Samples = frames[:, channel or 0].copy()
    return column
