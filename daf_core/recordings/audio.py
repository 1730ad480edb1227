"""Recordings of any format, read as 16 kHz mono by time, without decoding what comes before."""

import math
import sys
from types import TracebackType
from typing import Any

import numpy as np
import soxr

from daf_core.arrays import RATE_HZ, Samples
from daf_core.errors import BadInput
from daf_core.recordings.decoding.bounds import check_length, library_errors, longest_cut_s
from daf_core.recordings.decoding.ffmpeg import PyAVDecoder
from daf_core.recordings.decoding.file_end import end_flag
from daf_core.recordings.decoding.opening import Decoder, open_with_decoder
from daf_core.recordings.decoding.placed_blocks import Frames
from daf_core.recordings.mixing import mono
from daf_core.storage.origins import ANYWHERE, Origins

MARGIN_S = 0.05  # reach of the resampling filter on both sides of a cut
NEAR_S = 60.0  # what comes before is passed over in no time
SKIP_S = 5.0  # shorter gaps between cuts are decoded, longer ones are skipped by a seek
MOST_MISSING_S = 0.5  # encoders' delays and rounded durations need no explanation
BLOCK_VALUES = 1 << 20  # decoded at once: a header that declares a false length costs no memory
HELD_VALUES = 32 << 20  # of a cut that is kept for the next one
NOWHERE = sys.maxsize  # as the start of `_held`: no frame is held
LARGEST = 2.0**32  # what exceeds this is no sample, not even in the scale of 32-bit integers


class Recording:
    """An open recording, from `open_recording`. Reading cuts in order of time is the fastest."""

    def __init__(self, uri: str, file: Any, decoder: Decoder) -> None:
        self.uri = uri
        self._file = file
        self._decoder = decoder
        self.rate_hz = decoder.rate_hz
        self.channels = decoder.channels
        self.bounded = decoder.bounded  # whether the format cannot exceed full scale
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
        self.close()

    def close(self) -> None:
        """Close the file; as the context manager does."""
        self._decoder.close()
        self._file.close()

    @property
    def duration_s(self) -> float:
        """Duration in seconds: of what decodes, whatever the header says."""
        with library_errors(self.uri):
            return self._decoder.frames / self.rate_hz

    @property
    def longest_cut_s(self) -> float:
        """The longest cut that `read` gives, in seconds."""
        return longest_cut_s(self.rate_hz, self.channels)

    def end_flag(self) -> str | None:
        """`ends_early`: the header promises more sound than the file holds, as where a copy or a
        recorder was interrupted. `unheard_rest`: the file holds more than the sound that decodes,
        and no tag or padding: joined files, a header that is wrong. None: neither.
        """
        with library_errors(self.uri):
            frames = self._decoder.frames  # which follows the packets to the last
            if not frames:
                return None
            if self._decoder.promised - frames > MOST_MISSING_S * self.rate_hz:
                return "ends_early"
            return end_flag(self._file, self._decoder.heard_to, self._decoder.has_form)

    def check_length(self) -> None:
        """Check that this is no recording of days.

        Raises:
            BadInput: `too_long`.
        """
        with library_errors(self.uri):
            check_length(self.uri, self._decoder.frames, self.rate_hz, self.channels)

    def read(self, start_s: float, end_s: float, channel: int | None = None) -> Samples:
        """Read [start_s, end_s): the same slice as of the whole recording, resampled.

        Returns (samples,) float32 at 16 kHz, in [-1, 1] if the recording is `bounded`; float
        samples and lossy codecs may exceed that (`levels.even_out`). `channel` None gives all
        channels mixed (`mixing.mono`). The result is shorter, or empty, where the recording ends
        earlier. Time 0 is the first sound that can be decoded.

        Raises:
            BadInput: `bad_channel`; `unreadable_audio`, the cut cannot be decoded; `too_long`, it
                is longer than `longest_cut_s`; `bad_time`, a time is no number.
            NotDone: the storage fails.
        """
        if not (math.isfinite(start_s) and math.isfinite(end_s)):
            raise BadInput("bad_time", f"{self.uri}: expected times in seconds, found none")
        if channel is not None and not 0 <= channel < self.channels:
            raise BadInput(
                "bad_channel",
                f"{self.uri}: expected a channel below {self.channels}, found {channel}",
            )
        first, last = max(0, round(start_s * RATE_HZ)), round(end_s * RATE_HZ)
        if last <= first:
            return np.zeros(0, np.float32)
        if self.rate_hz == RATE_HZ:
            return self._one(self._frames(first, last), channel)
        # `theirs` frames of the recording last as long as `ours` samples at 16 kHz. The cut with
        # its margin starts where the two sample grids coincide.
        shared = math.gcd(self.rate_hz, RATE_HZ)
        theirs, ours = self.rate_hz // shared, RATE_HZ // shared
        margin = math.ceil(MARGIN_S * self.rate_hz)
        meeting = max(0, first * theirs // ours - margin) // theirs
        stop = last * theirs // ours + margin + 1
        mixed = self._one(self._frames(meeting * theirs, stop), channel)
        if not len(mixed):
            return mixed
        resampled: Samples = soxr.resample(mixed, self.rate_hz, RATE_HZ)
        cut = resampled[first - meeting * ours : last - meeting * ours]
        return cut.clip(-1, 1) if self.bounded else cut

    def read_near(self, start_s: float, end_s: float, channel: int | None = None) -> Samples:
        """As `read`, to listen to: from a far place of a compressed recording it comes in a moment,
        and may be a few hundredths of a second off.
        """
        if start_s < NEAR_S or not isinstance(self._decoder, PyAVDecoder):
            return self.read(start_s, end_s, channel)
        if channel is not None and not 0 <= channel < self.channels:
            return self.read(start_s, end_s, channel)  # which says what is wrong
        first, last = round(start_s * self.rate_hz), round(end_s * self.rate_hz)
        with library_errors(self.uri):
            frames = self._decoder.frames_near(first, last - first)
        self._held, self._held_start = self._held[:0], NOWHERE
        if frames is None or not len(frames):
            return self.read(start_s, end_s, channel)
        mixed = mono(_finite(frames), channel)
        resampled: Samples = soxr.resample(mixed, self.rate_hz, RATE_HZ)
        return resampled.clip(-1, 1) if self.bounded else resampled

    def _one(self, frames: Frames, channel: int | None) -> Samples:
        """One signal of the channels; a long cut, which is not kept, is not copied."""
        if self.channels == 1 and frames.size > HELD_VALUES:
            alone: Samples = frames[:, 0]
            return alone
        return mono(frames, channel)

    def _frames(self, start: int, stop: int) -> Frames:
        """Frames [start, stop) of all channels; decoding continues from the latest cut if near."""
        with library_errors(self.uri):
            return self._decoded(start, stop)

    def _decoded(self, start: int, stop: int) -> Frames:
        held, held_start = self._held, self._held_start
        held_stop = held_start + len(held)
        self._held, self._held_start = held[:0], NOWHERE  # in case decoding fails
        if not held_start <= start <= held_stop + SKIP_S * self.rate_hz:
            self._decoder.seek(start)
            held, held_start, held_stop = held[:0], start, start
        # Pages that are not written to take no memory: a false length in a header costs none.
        most = int((self.longest_cut_s + 2 * SKIP_S + 1) * self.rate_hz)
        found = np.empty(
            (min(len(held) + max(0, stop - held_stop), most), self.channels), np.float32
        )
        at = min(len(held), most)
        found[:at] = held[:at]
        while held_stop < stop:
            block = self._decoder.read(min(stop - held_stop, BLOCK_VALUES // self.channels))
            if not len(block):
                break
            if at + len(block) > most:
                raise BadInput(
                    "too_long",
                    f"{self.uri}: expected a row of at most {self.longest_cut_s:.0f} s, found more",
                )
            found[at : at + len(block)] = _finite(block)
            at, held_stop = at + len(block), held_stop + len(block)
        cut = found[start - held_start : at]
        if cut.size <= HELD_VALUES:
            self._held, self._held_start = cut, start
        return cut[: stop - start]


def open_recording(uri: str, origins: Origins = ANYWHERE) -> Recording:
    """Open the recording at a path or URI (s3://…); use it as a context manager.

    What is a recording is decided by its content, not by its suffix. `call.raw#raw=ulaw:8000:2`
    opens a file without a header, `calls.parquet#column=audio&row=12` the bytes in a cell.

    origins: where it may lie; by default in any folder or bucket.

    Raises:
        BadInput: `missing_audio`, `empty_audio` or `unreadable_audio`; `forbidden_uri` or
            `outside_roots`: it may not be opened.
        NotDone: the storage fails.
    """
    return Recording(uri, *open_with_decoder(uri, origins))


def _finite(frames: Frames) -> Frames:
    """NaN, infinity and what no scale has become silence, in place."""
    if not max(frames.max(), -frames.min()) <= LARGEST:  # also if either is NaN
        frames[~(np.abs(frames) <= LARGEST)] = 0
    return frames
