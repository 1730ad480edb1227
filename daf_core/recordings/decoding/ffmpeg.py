"""Recordings that FFmpeg reads (M4A, AMR, WebM, Opus …), each packet at its place."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import av

from daf_core.errors import BadInput
from daf_core.recordings.decoding import containers
from daf_core.recordings.decoding.bounds import check_length
from daf_core.recordings.decoding.file_end import packet_end
from daf_core.recordings.decoding.frame_samples import FrameSamples
from daf_core.recordings.decoding.jumping import CLOCKED, frames_near
from daf_core.recordings.decoding.packet_times import PacketTimes, packet_length, place_of, skipped
from daf_core.recordings.decoding.placed_blocks import Frames, PlacedBlocks
from daf_core.recordings.decoding.watched_file import WatchedFile

LEAD_S = 1.0  # codecs predict from earlier packets: decoding starts this much earlier
FIRST_TRIES = 500  # packets at the start of which two must be decoded
BUFFER_BYTES = 1 << 16


class PyAVDecoder:
    """Decodes an open file from any frame on; frame 0 is the first that can be decoded.

    A frame is one sample of every channel, at the rate of the first codec frame. Damaged packets
    become silence, so that what follows keeps its time. `form` names FFmpeg's demuxer for a format
    that cannot be told from its content.

    Raises:
        BadInput: `unreadable_audio` or `empty_audio`.
        NotDone: the file's storage fails.
    """

    has_form, heard_to = True, 0

    def __init__(self, file: Any, uri: str, form: str | None = None) -> None:
        self._file, self._uri, self._asked_form = WatchedFile(file, uri), uri, form
        self._container: Any = None
        self._open()
        head = self._head()
        self._samples = FrameSamples(head[0])
        self.rate_hz, self.channels = self._samples.rate_hz, self._samples.channels
        # The first codec frame may be cut short; all others have one size, if the codec has any.
        constant = head[-1].samples if len(head) > 1 else self._stream.codec_context.frame_size
        self._constant = constant or head[0].samples
        self.bounded = head[0].format.name.rstrip("p") not in ("flt", "dbl")
        self.promised = round(containers.told_s(self._container, self._stream) * self.rate_hz)
        self._restart(0)

    def _open(self) -> None:
        """Open the file (again) at its start."""
        self.close()
        try:
            with self._file.watched():
                self._file.seek(0)
                self._container = av.open(
                    self._file,
                    format=self._asked_form,
                    options={"format_whitelist": containers.allowed()},
                    metadata_errors="replace",
                    buffer_size=BUFFER_BYTES,
                )
        except av.FFmpegError as err:
            raise self._cannot_decode(err.strerror) from err
        self.form = self._container.format.name
        self._stream = containers.default_stream(self._container)
        if self._stream is None:
            raise BadInput("unreadable_audio", f"{self._uri}: expected sound, found none")
        self._stream.thread_type = "NONE"

    def _head(self) -> list[Any]:
        """The first two codec frames (or the only one), after which the file is open anew."""
        head: list[Any] = []
        refused = 0
        enough = containers.frames_that_convince(self.form)
        for tried, packet in enumerate(self._packets(), start=1):
            if tried == 1:
                self._skipped = skipped(packet)[0]
            frames = self._decode(packet)
            refused += frames is None
            head += frames or []
            if len(head) >= enough or tried >= FIRST_TRIES:
                break
        if not head and not refused:
            raise BadInput("empty_audio", f"{self._uri}: expected samples, found none")
        if not head:
            raise BadInput("unreadable_audio", f"{self._uri}: none of its audio can be decoded")
        if enough > 2 and refused > len(head) // 2:
            raise BadInput("unreadable_audio", f"{self._uri}: expected a recording, found none")
        self._open()
        return head[:2]

    def _restart(self, position: int) -> None:
        self._times = PacketTimes(
            self.form,
            self.rate_hz,
            self._stream.time_base,
            packet_length(
                self.form,
                self._stream.codec_context.name,
                self.rate_hz,
                self._stream.time_base,
                self._constant,
            ),
        )
        times = self._times
        self._wanted = position
        self._blocks = PlacedBlocks(self._placed(), self.channels, position, lambda: times.end)

    def _packets(self) -> Iterator[Any]:
        """Every packet, in order, and an empty one that flushes the codec.

        Where the container breaks off, the recording ends.
        """
        try:
            packets = self._container.demux(self._stream)
            while True:
                with self._file.watched():
                    packet = next(packets, None)
                if packet is None:
                    return
                yield packet
        except (av.FFmpegError, EOFError):
            return

    def _decode(self, packet: Any) -> list[Any] | None:
        """The codec frames in a packet; None if it is damaged."""
        try:
            frames: list[Any] = packet.decode()
        except (av.FFmpegError, EOFError):
            return None
        return frames

    def _placed(self) -> Iterator[tuple[int, Frames]]:
        """Decoded frames from about `_wanted` on, and where they start."""
        if self._times.length is None:
            yield from self._counted()
            return
        lead = round(LEAD_S * self.rate_hz)
        waiting: deque[tuple[int, int, int, int]] = deque(maxlen=256)
        was_skipped = False
        for packet in self._packets():
            start, length = self._times.place(packet) if packet.size else (self._times.end, 0)
            if packet.size and start + length + lead <= self._wanted:
                was_skipped = True
                continue
            if was_skipped:
                self._stream.codec_context.flush_buffers()
                waiting.clear()
                was_skipped = False
            if packet.size:
                waiting.append((packet.pts or 0, packet.duration or 1, start, length))
            for frame in self._decode(packet) or []:
                place = place_of(frame, waiting)
                if place is not None and place[1]:
                    yield place[0], self._samples.take(frame)[: place[1]]

    def _counted(self) -> Iterator[tuple[int, Frames]]:
        """Decoded frames from about `_wanted` on, where only decoding tells how long each is."""
        for packet in self._packets():
            frames = self._decode(packet) or []
            pieces = [self._samples.take(frame) for frame in frames]
            start, _ = self._times.place(packet, sum(map(len, pieces)))
            for piece in pieces:
                if start + len(piece) > self._wanted:
                    yield start, piece
                start += len(piece)

    def seek(self, frame: int) -> None:
        """Move to `frame`, which may lie beyond the end.

        Packets before it are passed over without decoding; their lengths add up to its place.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        if frame < self._blocks.position:
            self._open()
            self._restart(frame)
        self._wanted = self._blocks.position = frame

    def read(self, count: int) -> Frames:
        """Read the next frames: (up to `count`, channels) float32; fewer only at the end.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        try:
            return self._blocks.read(count)
        except ValueError as err:  # also a Hole
            raise self._cannot_decode(str(err)) from err

    def frames_near(self, start: int, count: int) -> Frames | None:
        """As `read` at `start`, in a moment, by the container's time stamps; None where they do not
        serve. The decoder begins anew.
        """
        if self.form not in CLOCKED:
            return None
        self._open()
        with self._file.watched():
            found = frames_near(self._container, self._stream, self._samples, start, count)
        self._open()
        self._restart(0)
        return found

    @cached_property
    def frames(self) -> int:
        """Number of frames: from all packets, which are decoded where only that tells."""
        known = containers.mp4_samples(
            self._stream, self.form, self._constant, self._skipped, self._file
        )
        if known is not None:
            return known
        position = self._blocks.position
        self._open()
        self._restart(0)
        last, is_alone = (0, 0), len(self._container.streams) == 1
        try:
            for packet in self._packets():
                last = max(last, (packet.pos or 0, packet.size))
                if self._times.length is None:
                    frames = self._decode(packet) or []
                    self._times.place(packet, sum(len(self._samples.take(f)) for f in frames))
                elif packet.size:
                    self._times.place(packet)
                check_length(self._uri, self._times.end, self.rate_hz, self.channels)
        except BadInput:
            raise
        except ValueError as err:  # also a Hole
            raise self._cannot_decode(str(err)) from err
        end = self._times.end
        self.heard_to = packet_end(self._file, self.form, *last) if is_alone else 0
        self._open()
        self._restart(position)
        return end

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        if self._container is not None:
            self._container.close()

    def _cannot_decode(self, why: str) -> BadInput:
        return BadInput("unreadable_audio", f"{self._uri}: cannot be decoded: {why}")
