"""Decoders that stand at a frame of an open file and read on from there.

A frame is one sample of every channel, at the file's own rate; frame 0 is the first that decodes.
libsndfile comes first, for it is exact to the sample; FFmpeg (PyAV) reads what it cannot.
"""

import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import av
import numpy as np
import soundfile

from daf_core.errors import BadInput

# Containers that hold their own sound. Playlists and the like, which name other files, stay out.
FORMATS = "mov,matroska,webm,aac,amr,mp3,ogg,wav,w64,flac,aiff,caf,au,asf,avi,mpegts,gsm,g722"
RATE_RANGE_HZ = (1_000, 768_000)
MOST_CHANNELS = 256
LONGEST_FRAMES = 1 << 50  # libsndfile's count where a header does not say is beyond this

# A decoder that starts mid-stream needs what came just before to be right: MPEG audio layer III
# borrows bits from earlier frames, AMR and Opus predict from them.
MPEG_LEAD_S = 0.3
FFMPEG_LEAD_S = 1.0


class SoundFileDecoder:
    """Read WAV, FLAC, MP3, Ogg and the like through libsndfile, exact to the sample.

    Raises `soundfile.SoundFileError` where libsndfile cannot open `file`.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._uri = uri
        self._file = _RememberingFile(file)
        try:
            self._sound = soundfile.SoundFile(self._file)
        finally:
            self._file.reraise()
        self.rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.frames: int = self._sound.frames
        self._lead = round(MPEG_LEAD_S * self.rate_hz) if self._sound.format == "MP3" else 0

    def seek(self, frame: int) -> None:
        """Stand at `frame`, or at the end where the file is shorter."""
        frame = min(frame, self.frames)
        lead = min(self._lead, frame)
        try:
            self._sound.seek(frame - lead)
        except soundfile.SoundFileError as err:
            raise _cannot_decode(self._uri, frame / self.rate_hz, err) from err
        finally:
            self._file.reraise()
        self.read(lead)

    def read(self, count: int) -> np.ndarray:
        """Read (up to `count`, channels) float32 and stand after them; fewer only at the end."""
        try:
            return self._sound.read(count, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as err:
            raise _cannot_decode(self._uri, self._sound.tell() / self.rate_hz, err) from err
        finally:
            self._file.reraise()

    def close(self) -> None:
        self._sound.close()


class PyAVDecoder:
    """Read M4A, AMR, WebM and the like through FFmpeg, each frame at the time its stamp says.

    Damaged packets and holes in the stamps are silence, so that what follows stays in its place.
    """

    def __init__(self, file: Any, uri: str) -> None:
        self._file, self._uri = file, uri
        self._container: Any = None
        self._restart()

    def _restart(self) -> None:
        """Stand at frame 0, as just opened."""
        self.close()
        self._file.seek(0)
        try:
            self._container = av.open(self._file, options={"format_whitelist": FORMATS})
            self._stream = self._container.streams.best("audio")
            if self._stream is None:
                raise BadInput("unreadable_audio", f"{self._uri}: expected sound, found none in it")
            packets = self._packets()
            head = list(itertools.islice(packets, 2))
        except av.FFmpegError as err:
            raise _cannot_decode(self._uri, 0, err) from err
        if not head:
            raise BadInput("empty_audio", f"{self._uri}: the recording holds no samples")
        self._calibrate(head)
        self._coming = self._placed(itertools.chain(head, packets), after=0)
        self._pending: tuple[int, np.ndarray] | None = None
        self._position = 0

    def _calibrate(self, head: list[Any]) -> None:
        """Tie time stamps to frames.

        The stream's first frame may be cut short and its stamp rounded, so the second one sets the
        scale; some containers stamp to the millisecond, yet codec frames are all of one size.
        """
        first, second = head[0], head[-1]
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
        return max(1.0, self._frames_per_tick)

    def _at(self, decoded: Any) -> float:
        return float(decoded.pts * self._frames_per_tick) - self._origin

    def _packets(self) -> Iterator[Any]:
        """Every codec frame that decodes, in order."""
        for packet in self._container.demux(self._stream):
            try:
                decoded = packet.decode()
            except av.InvalidDataError:
                continue
            yield from decoded

    def _placed(
        self, decoded: Iterator[Any], after: int | None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Codec frames as (first frame, samples); `after` is where the previous one ended."""
        for frame in decoded:
            if (int(frame.sample_rate), int(frame.layout.nb_channels)) != (
                self.rate_hz,
                self.channels,
            ):
                raise BadInput(
                    "unreadable_audio",
                    f"{self._uri}: expected {self.rate_hz} Hz and {self.channels} channels "
                    f"throughout, found {frame.sample_rate} Hz and {frame.layout.nb_channels}",
                )
            at = after
            if frame.pts is not None:
                stamp = self._at(frame)
                if after is None:
                    number = round((stamp - self._first_frames) / self._codec_frames)
                    after = self._first_frames + number * self._codec_frames
                at = after if abs(stamp - after) <= self._tolerance else round(stamp)
            if at is not None:
                yield at, _as_float(frame)
                after = at + frame.samples

    def seek(self, frame: int) -> None:
        """Stand at `frame`, which may lie beyond the end."""
        early = frame - round(FFMPEG_LEAD_S * self.rate_hz)
        try:
            if early > 0:
                stamp = round((early + self._origin) / self._frames_per_tick)
                self._container.seek(stamp, stream=self._stream)
                # The first frame after a jump may again be cut short.
                packets = itertools.islice(self._packets(), 1, None)
                self._coming = self._placed(packets, after=None)
                self._pending = next(self._coming, None)
            if early <= 0 or (self._pending and self._pending[0] > frame):
                self._restart()
        except av.FFmpegError as err:
            raise _cannot_decode(self._uri, frame / self.rate_hz, err) from err
        self._position = frame

    def read(self, count: int) -> np.ndarray:
        """Read (up to `count`, channels) float32 and stand after them; fewer only at the end."""
        start = end = self._position
        stop = start + count
        block = np.zeros((count, self.channels), np.float32)
        while end < stop:
            try:
                self._pending = self._pending or next(self._coming, None)
            except av.FFmpegError as err:
                raise _cannot_decode(self._uri, end / self.rate_hz, err) from err
            if self._pending is None:
                break
            at, samples = self._pending
            first, last = max(at, end), min(at + len(samples), stop)
            if first < last:
                block[first - start : last - start] = samples[first - at : last - at]
            end = max(end, min(last, stop))
            if at >= stop:  # a hole reaches to here
                end = stop
            if at + len(samples) <= stop:
                self._pending = None
        self._position = end
        return block[: end - start]

    @cached_property
    def frames(self) -> int:
        """How many frames there are: as MP4 says, else as the packets do, without decoding."""
        if "mp4" in self._container.format.name and self._stream.duration:
            return round(self._stream.duration * self._frames_per_tick)
        position = self._position
        self._restart()
        end = 0.0
        try:
            for packet in self._container.demux(self._stream):
                if packet.pts is not None:
                    length = (packet.duration or 0) * self._frames_per_tick
                    end = max(end, self._at(packet) + (length or self._codec_frames))
        except av.FFmpegError as err:
            raise _cannot_decode(self._uri, end / self.rate_hz, err) from err
        self._restart()
        self.seek(position)
        return round(end)

    def close(self) -> None:
        if self._container is not None:
            self._container.close()


def open_decoder(file: Any, uri: str) -> SoundFileDecoder | PyAVDecoder:
    """Open the decoder that reads `file`.

    Raises:
        BadInput: unreadable_audio or empty_audio.
    """
    decoder: SoundFileDecoder | PyAVDecoder
    try:
        decoder = SoundFileDecoder(file, uri)
    except soundfile.SoundFileError:
        decoder = PyAVDecoder(file, uri)
    # A recorder that was cut off leaves a header that says 0, or nothing: FFmpeg reads on anyway.
    if isinstance(decoder, SoundFileDecoder) and not 0 < decoder.frames < LONGEST_FRAMES:
        decoder = PyAVDecoder(file, uri)
    low, high = RATE_RANGE_HZ
    if not low <= decoder.rate_hz <= high or decoder.channels > MOST_CHANNELS:
        raise BadInput(
            "unreadable_audio",
            f"{uri}: expected {low} to {high} Hz and at most {MOST_CHANNELS} channels, "
            f"got {decoder.rate_hz} Hz and {decoder.channels}",
        )
    return decoder


def _cannot_decode(uri: str, time_s: float, err: Exception) -> BadInput:
    why = getattr(err, "error_string", None) or getattr(err, "strerror", None) or str(err)
    return BadInput("unreadable_audio", f"{uri}: cannot be decoded at {time_s:.1f} s: {why}")


def _as_float(frame: Any) -> np.ndarray:
    """(frames, channels) float32 in [-1, 1] of a decoded codec frame."""
    samples = frame.to_ndarray()
    columns = samples.T if frame.format.is_planar else samples.reshape(frame.samples, -1)
    if samples.dtype == np.uint8:
        return (columns.astype(np.float32) - 128) / 128
    if samples.dtype.kind == "i":
        return columns.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max + 1)
    return columns.astype(np.float32, copy=False)


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
            self._error = err
            return -1

    def tell(self) -> int:
        return int(self._file.tell())

    def reraise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
