"""MPEG audio (MP3, MP2) frame by frame: our own framing, FFmpeg's decoder."""

from collections.abc import Iterator
from typing import Any

import av

from daf_core.errors import BadInput
from daf_core.recordings.decoding.frame_samples import FrameSamples
from daf_core.recordings.decoding.mpeg_frames import MpegFile
from daf_core.recordings.decoding.mpeg_length import MpegLength, first_frame
from daf_core.recordings.decoding.placed_blocks import Frames, PlacedBlocks
from daf_core.recordings.decoding.watched_file import WatchedFile

# A frame borrows bits of up to nine frames before it, and overlaps with the last of them.
LEAD_FRAMES = 16
FIRST_TRIES = 64  # frames at the start of which one must be decoded


class MpegDecoder:
    """Decodes an open MPEG audio file from any frame on.

    A frame is one sample of every channel, at the rate of the first codec frame. Frame 0 is the
    first behind the encoder's delay where a tag gives it, as for FFmpeg.

    Raises:
        BadInput: `unreadable_audio`.
        NotDone: the file's storage fails.
    """

    has_form = True
    bounded = False  # decoded values may exceed full scale

    def __init__(self, file: WatchedFile, length: MpegLength, uri: str) -> None:
        self._file, self._length, self._uri = file, length, uri
        self.frames = length.samples
        self.rate_hz, self.channels = length.rate_hz, length.channels
        self.is_uniform = length.is_uniform
        self.heard_to, self.promised = length.end, length.promised
        self._bytes = MpegFile(file)
        with file.watched():
            self._samples = self._first_samples()
        self.seek(0)

    @classmethod
    def of(cls, file: Any, uri: str) -> "MpegDecoder | None":
        """A decoder of `file`; None if it is no MPEG audio file."""
        watched = WatchedFile(file, uri)
        with watched.watched():
            mpeg = MpegFile(watched)
            first = first_frame(mpeg)
            length = MpegLength(mpeg, first) if first else None
        return cls(watched, length, uri) if length else None

    def _first_samples(self) -> FrameSamples:
        """What the first frame that can be decoded looks like."""
        codec = self._codec()
        frames = self._bytes.frames(self._length.start)
        for (offset, header), _ in zip(frames, range(FIRST_TRIES), strict=False):
            for frame in _decoded(codec, self._bytes.bytes_at(offset, header.size)):
                return FrameSamples(frame)
        raise BadInput("unreadable_audio", f"{self._uri}: none of its audio can be decoded")

    def _codec(self) -> Any:
        name = {1: "mp1float", 2: "mp2float", 3: "mp3float"}[self._length.header.layer]
        codec = av.CodecContext.create(name, "r")
        codec.thread_count = 1
        return codec

    def seek(self, frame: int) -> None:
        """Move to `frame`, which may lie beyond the end."""
        coming = self._placed(frame + self._length.delay)
        self._blocks = PlacedBlocks(coming, self.channels, frame, lambda: self.frames)

    def read(self, count: int) -> Frames:
        """Read the next frames: (up to `count`, channels) float32; fewer only at the end.

        Raises:
            BadInput: `unreadable_audio`.
            NotDone: the file's storage fails.
        """
        try:
            with self._file.watched():
                return self._blocks.read(max(0, min(count, self.frames - self._blocks.position)))
        except ValueError as err:
            raise BadInput("unreadable_audio", f"{self._uri}: cannot be decoded: {err}") from err

    def _placed(self, position: int) -> Iterator[tuple[int, Frames]]:
        """Decoded frames that reach beyond `position`, with a lead, and where they start."""
        length = self._length
        early = position - LEAD_FRAMES * length.header.samples
        codec = self._codec()
        start, at = length.before(max(0, early))
        for offset, header in self._bytes.frames(start):
            samples = length.length_of(header)
            if at + samples > early:
                for frame in _decoded(codec, self._bytes.bytes_at(offset, header.size)):
                    yield at - length.delay, self._samples.take(frame)[:samples]
            at += samples

    def close(self) -> None:
        """Free the decoder; the file stays open."""


def _decoded(codec: Any, data: bytes) -> list[Any]:
    """The frame in the bytes of an MPEG frame; none if it is damaged."""
    try:
        frames: list[Any] = codec.decode(av.Packet(data))
    except av.FFmpegError:
        return []
    return frames
