"""The samples of FFmpeg's decoded frames, at one rate and with one channel layout."""

from typing import Any

import av
import numpy as np

from daf_core.recordings.decoding.placed_blocks import Frames

MOST_PLANES = 8  # of more, PyAV reads the addresses from beyond the end of their list


class FrameSamples:
    """Turns decoded frames into (frames, channels) float32, at the rate and layout of the first.

    A stream may change either within (joined files, radio). FFmpeg converts what follows to what
    was first, and so does this.
    """

    def __init__(self, first: Any) -> None:
        self.rate_hz = int(first.sample_rate)
        self.channels = int(first.layout.nb_channels)
        self._layout = first.layout
        self._form: tuple[Any, ...] = self._form_of(first)
        self._resampler: Any = None

    def take(self, frame: Any) -> Frames:
        """The samples of a frame, full scale at 1; a float frame may exceed that.

        Raises:
            ValueError: the samples have a form that nothing here can read.
        """
        form = self._form_of(frame)
        if form != self._form:
            self._form, self._resampler = form, None
        many = frame.format.is_planar and frame.layout.nb_channels > MOST_PLANES
        if form[0] == self.rate_hz and form[1] == self._layout.name and not many:
            return _as_float(frame)
        if self._resampler is None:
            self._resampler = av.AudioResampler("flt", self._layout, self.rate_hz)
        frame.pts = None
        try:
            pieces = [_as_float(piece) for piece in self._resampler.resample(frame)]
        except av.FFmpegError as err:
            raise ValueError(f"cannot be converted to the first layout: {err.strerror}") from err
        empty = np.zeros((0, self.channels), np.float32)
        return np.concatenate(pieces) if pieces else empty

    @staticmethod
    def _form_of(frame: Any) -> tuple[Any, ...]:
        return frame.sample_rate, frame.layout.name, frame.format.name


def _as_float(frame: Any) -> Frames:
    """The samples (frames, channels) of a decoded frame; integers are scaled to [-1, 1]."""
    samples = frame.to_ndarray()
    columns = samples.T if frame.format.is_planar else samples.reshape(frame.samples, -1)
    floats: Frames = columns.astype(np.float32, copy=False)
    if samples.dtype == np.uint8:
        floats = (floats - np.float32(128)) / np.float32(128)
    if samples.dtype.kind == "i":
        floats = floats / np.float32(np.iinfo(samples.dtype).max + 1)
    return floats
