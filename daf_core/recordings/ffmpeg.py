"""Recordings that FFmpeg reads (M4A, AMR, WebM …), each codec frame at the time of its stamp."""

import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from daf_core.errors import BadInput
from daf_core.recordings.watched_file import WatchedFile

# Containers that hold their own audio. Playlists, which would open other files, are not allowed.
FORMATS = "mov,matroska,webm,aac,amr,mp3,ogg,wav,w64,flac,aiff,caf,au,asf,avi,mpegts,gsm,g722"
LONGEST_HOLE_S = 600.0  # a longer gap in the stamps is damage, not silence
LEAD_S = 1.0  # codecs predict from earlier frames: decoding starts this much earlier


class PyAVDecoder:
    """Decodes an open file from any frame on; frame 0 is the first that can be decoded.

    A frame is one sample of every channel, at the file's own rate. Damaged packets and gaps in the
    time stamps become silence, so that what follows keeps its time.

    Raises:
        BadInput: `unreadable_audio` or `empty_audio`.
        NotDone: the file's storage fails.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._file, self._uri = WatchedFile(file, uri), uri
        self._container: Any = None
        self._damaged_packets = 0
        self._restart()

    def _restart(self) -> None:
        """Open the file again and move to frame 0."""
        self.close()
        self._file.seek(0)
        try:
            with self._file.watched():
                self._container = av.open(
                    self._file, options={"format_whitelist": FORMATS}, metadata_errors="replace"
                )
            self._stream = self._container.streams.best("audio")
            if self._stream is None:
                raise BadInput(
                    "unreadable_audio", f"{self._uri}: expected an audio stream, found none"
                )
            packets = self._packets()
            head = list(itertools.islice(packets, 2))
        except av.FFmpegError as err:
            raise self._cannot_decode(0, err) from err
        if not head and self._damaged_packets:
            raise BadInput("unreadable_audio", f"{self._uri}: none of its audio can be decoded")
        if not head:
            raise BadInput("empty_audio", f"{self._uri}: expected samples, found none")
        self._calibrate(head)
        self._coming = self._placed(itertools.chain(head, packets), after=0)
        self._pending: tuple[int, npt.NDArray[np.float32]] | None = None
        self._position = 0

    def _calibrate(self, head: list[Any]) -> None:
        """Find the frame number of time stamp 0 from the first two codec frames (`head`).

        The first codec frame may be cut short, and some containers round stamps to a millisecond.
        All codec frames have one size, so the second one's stamp corrects the origin.
        """
        first, second = head[0], head[-1]
        if first.pts is None or second.pts is None:
            raise BadInput("unreadable_audio", f"{self._uri}: expected time stamps, found none")
        self.rate_hz = int(first.sample_rate)
        self.channels = int(first.layout.nb_channels)
        self._frames_per_tick = float(self._stream.time_base * self.rate_hz)
        self._codec_frames = second.samples
        self._first_frames = first.samples
        self._origin = 0.0
        self._origin = self._at(first)
        if second is not first:
            drift = self._at(second) - first.samples
            self._origin += drift if abs(drift) <= self._tolerance else 0

    @property
    def _tolerance(self) -> float:
        """Frames by which a stamp may differ from the end of the codec frame before."""
        return max(1.0, self._frames_per_tick)

    def _at(self, decoded: Any) -> float:
        """The frame number of a stamp, before rounding."""
        return float(decoded.pts * self._frames_per_tick) - self._origin

    def _packets(self) -> Iterator[Any]:
        """Every codec frame that can be decoded, in order."""
        for packet in self._demuxed():
            try:
                decoded = packet.decode()
            except av.InvalidDataError:
                self._damaged_packets += 1
                continue
            yield from decoded

    def _demuxed(self) -> Iterator[Any]:
        """Every packet, in order, and an empty one that flushes the codec."""
        packets = self._container.demux(self._stream)
        while True:
            with self._file.watched():
                packet = next(packets, None)
            if packet is None:
                return
            yield packet

    def _placed(
        self, decoded: Iterator[Any], after: int | None
    ) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        """Codec frames as (number of the first frame, samples).

        `after` is where the codec frame before ended, None after a jump.
        """
        expected = (self.rate_hz, self.channels)
        for frame in decoded:
            found = (frame.sample_rate, frame.layout.nb_channels)
            if found != expected:
                raise BadInput(
                    "unreadable_audio",
                    f"{self._uri}: expected the same rate and channels throughout, "
                    f"found {expected} and then {found}",
                )
            at = after
            if frame.pts is not None:
                stamp = self._at(frame)
                if after is None:
                    number = round((stamp - self._first_frames) / self._codec_frames)
                    after = self._first_frames + number * self._codec_frames
                at = after if abs(stamp - after) <= self._tolerance else round(stamp)
            if at is not None:
                self._check_hole(at, after)
                yield at, self._as_float(frame)
                after = at + frame.samples

    def _check_hole(self, at: float, after: float | None) -> None:
        hole_s = (at - (at if after is None else after)) / self.rate_hz
        if hole_s > LONGEST_HOLE_S:
            raise BadInput(
                "unreadable_audio",
                f"{self._uri}: expected no hole over {LONGEST_HOLE_S:.0f} s in its time stamps, "
                f"found one of {hole_s:.0f} s",
            )

    def _as_float(self, frame: Any) -> npt.NDArray[np.float32]:
        """The samples (frames, channels) of a codec frame, in [-1, 1]."""
        try:
            samples = frame.to_ndarray()
        except ValueError as err:
            raise BadInput("unreadable_audio", f"{self._uri}: cannot be decoded: {err}") from err
        columns = samples.T if frame.format.is_planar else samples.reshape(frame.samples, -1)
        floats: npt.NDArray[np.float32] = columns.astype(np.float32, copy=False)
        if samples.dtype == np.uint8:
            floats = (floats - np.float32(128)) / np.float32(128)
        if samples.dtype.kind == "i":
            floats = floats / np.float32(np.iinfo(samples.dtype).max + 1)
        return floats

    def seek(self, frame: int) -> None:
        """Move to `frame`, which may lie beyond the end.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        early = frame - round(LEAD_S * self.rate_hz)
        try:
            if early > 0:
                stamp = round((early + self._origin) / self._frames_per_tick)
                with self._file.watched():
                    self._container.seek(stamp, stream=self._stream)
                # The first codec frame after a jump may be cut short.
                packets = itertools.islice(self._packets(), 1, None)
                self._coming = self._placed(packets, after=None)
                self._pending = next(self._coming, None)
            if early <= 0 or (self._pending and self._pending[0] > frame):
                self._restart()
        except av.FFmpegError as err:
            raise self._cannot_decode(frame, err) from err
        self._position = frame

    def read(self, count: int) -> npt.NDArray[np.float32]:
        """Read the next frames: (up to `count`, channels) float32; fewer only at the end.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        start = end = self._position
        stop = start + count
        block = np.zeros((count, self.channels), np.float32)
        while end < stop:
            try:
                self._pending = self._pending or next(self._coming, None)
            except av.FFmpegError as err:
                raise self._cannot_decode(end, err) from err
            if self._pending is None:
                break
            at, samples = self._pending
            first, last = max(at, end), min(at + len(samples), stop)
            if first < last:
                block[first - start : last - start] = samples[first - at : last - at]
            end = max(end, last)  # gaps in the stamps stay silent
            if at + len(samples) <= stop:
                self._pending = None
        self._position = end
        return block[: end - start]

    @cached_property
    def frames(self) -> int:
        """Number of frames: from the header of MP4, else from all packets, without decoding."""
        if "mp4" in self._container.format.name and self._stream.duration:
            return round(float(self._stream.duration * self._frames_per_tick))
        position = self._position
        self._restart()
        end = 0.0
        try:
            for packet in self._demuxed():
                if packet.pts is not None:
                    at = self._at(packet)
                    self._check_hole(at, end)
                    length = (packet.duration or 0) * self._frames_per_tick
                    end = max(end, at + (length or self._codec_frames))
        except av.FFmpegError as err:
            raise self._cannot_decode(end, err) from err
        self._restart()
        self.seek(position)
        return round(end)

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        if self._container is not None:
            self._container.close()

    def _cannot_decode(self, frame: float, err: av.FFmpegError) -> BadInput:
        at = f" at {frame / self.rate_hz:.1f} s" if frame else ""
        return BadInput("unreadable_audio", f"{self._uri}: cannot be decoded{at}: {err.strerror}")
