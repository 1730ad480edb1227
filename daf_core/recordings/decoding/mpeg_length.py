"""How long an MPEG audio file is, and where in it a frame is found.

Small files are followed from frame to frame. A large one is not read whole if its frames allow it:
if a Xing, Info or VBRI tag agrees with the file's size and with frames drawn from many places, or
if frames of one size stand on a grid at many places and at the end.
"""

from bisect import bisect_right
from typing import NamedTuple

from daf_core.recordings.decoding.mpeg_frames import (
    BLOCK_BYTES,
    Frame,
    Header,
    MpegFile,
    id3_size,
    is_alike,
)

FURTHEST_START = 1 << 20  # bytes of junk before the first frame
FOLLOWED_BYTES = 8 << 20  # a file up to this size is followed from frame to frame
CHECKPOINT_FRAMES = 512
MOST_TAGS = 8  # before the first frame
PLACES = 32  # where a large file is looked at
PLACE_BYTES = 1 << 15
NEAR_FRAMES = 16  # looked at in each place
LAME_DELAY = 529  # samples by which a decoder is late, on top of the encoder's delay


class Tag(NamedTuple):
    """The tag (Xing, Info or VBRI) in the first frame."""

    frames: int  # 0: not given; without the frame of the tag
    bytes: int  # 0: not given; with the frame of the tag
    delay: int  # samples to drop at the start
    padding: int  # samples to drop at the end


class MpegLength:
    """Length and checkpoints of an MPEG audio file; one sample of every channel counts as one.

    `rate_hz` and `channels` are of the first frame; frames at another rate count by their time.
    `promised`: the samples that the tag says, 0 if there is none.
    """

    def __init__(self, file: MpegFile, first: Frame) -> None:
        self._file = file
        self.header = first.header
        self.rate_hz, self.channels = first.header.rate_hz, first.header.channels
        self.tag = read_tag(file, first)
        self.start = first.offset + (first.header.size if self.tag else 0)
        self._offsets, self._positions = [self.start], [0]
        self._pitch = 0.0  # bytes a frame where these stand on a grid
        self.tag_is_true = False
        self.end = file.end  # of the last frame, where all were followed
        self.is_uniform = True  # one kind of frames, with nothing between them
        file.block_bytes = PLACE_BYTES
        frames = self._frames_by_tag(first) or self._frames_by_grid()
        file.block_bytes = BLOCK_BYTES
        samples = frames * self.header.samples if frames else self._follow()
        tag = self.tag or Tag(0, 0, 0, 0)
        self.is_uniform &= self.tag is None or self.tag_is_true
        self.delay = tag.delay
        self.promised = max(0, tag.frames * self.header.samples - tag.delay - tag.padding)
        self.samples = max(0, samples - tag.delay - (tag.padding if self.tag_is_true else 0))

    def before(self, position: int) -> tuple[int, int]:
        """A frame at or before a sample: (offset, position of its first sample).

        Positions count from the start of the first frame, before `delay` is dropped.
        """
        if self._pitch:
            number = max(0, position // self.header.samples)
            near = self.start + round(number * self._pitch) - 2
            found = self._file.sync(max(self.start, near), near + 8) if number else None
            return (found.offset, number * self.header.samples) if found else (self.start, 0)
        at = max(0, bisect_right(self._positions, position) - 1)
        return self._offsets[at], self._positions[at]

    def length_of(self, header: Header) -> int:
        """The samples of a frame, at the rate of the first."""
        if header.rate_hz == self.rate_hz:
            return header.samples
        return round(header.samples * self.rate_hz / header.rate_hz)

    def _follow(self) -> int:
        """Samples of all frames, from header to header."""
        samples = number = size = 0
        offset, header = self.start, self.header
        kinds = set()
        for number, (offset, header) in enumerate(self._file.frames(self.start), start=1):
            if number % CHECKPOINT_FRAMES == 1:
                self._offsets.append(offset)
                self._positions.append(samples)
            if header not in kinds:
                kinds.add(header)
            samples += header.samples if header.rate_hz == self.rate_hz else self.length_of(header)
            size += header.size
        self.end = offset + header.size
        self.tag_is_true = self.tag is not None and self.tag.frames == number
        alike = len({(kind.rate_hz, kind.channels, kind.layer) for kind in kinds}) <= 1
        self.is_uniform = alike and self.start + size == self._audio_end()
        return samples

    def _frames_by_tag(self, first: Frame) -> int:
        """The number of frames by the tag, if it agrees with a large file; else 0."""
        tag = self.tag
        if tag is None or not tag.frames or not tag.bytes or not self._is_large():
            return 0
        if abs(first.offset + tag.bytes - self._audio_end()) > 2 * self.header.size:
            return 0
        seen = self._seen_sizes()
        mean = (tag.bytes - first.header.size) / tag.frames
        if not seen or abs(sum(seen) / len(seen) / mean - 1) > (
            0.3 if len(set(seen)) > 2 else 0.01
        ):
            return 0
        self.tag_is_true = True
        return tag.frames

    def _seen_sizes(self) -> list[int]:
        """Sizes of frames from many places of a large file; none if a place has other frames."""
        sizes: list[int] = []
        length = self._file.end - self.start
        for place in range(PLACES):
            near = self.start + length * place // PLACES
            found = self._file.sync(near, near + (1 << 16))
            if found is None or not is_alike(found.header, self.header):
                return []
            frames = self._file.frames(found.offset)
            sizes += [
                header.size for (_, header), _ in zip(frames, range(NEAR_FRAMES), strict=False)
            ]
        return sizes

    def _frames_by_grid(self) -> int:
        """The number of frames of a large file at a constant bit rate, else 0."""
        if not self._is_large():
            return 0
        pitch = self._exact_pitch()
        end = self._audio_end()
        length = end - self.start
        for place in [*range(1, PLACES), PLACES - 1e-3]:
            near = self.start + int(length * place / PLACES)
            found = self._file.sync(near, near + 4 * self.header.size)
            if found is None:
                return 0
            steps = (found.offset - self.start) / pitch
            off = abs(steps - round(steps)) * pitch
            if off > 1.5 or not is_alike(found.header, self.header):
                return 0
            if abs(found.header.size - pitch) > 1.01:
                return 0
        self._pitch = pitch
        frames = round(length / pitch)
        return frames if frames * pitch < length + 2 else int(length / pitch)

    def _exact_pitch(self) -> float:
        """Bytes a frame, padding evened out, at the bit rate of the first frame."""
        bits = self._file.bytes_at(self.start, 4)
        padded = bits[2] >> 1 & 1 if len(bits) > 2 else 0
        slot = 4 if self.header.layer == 1 else 1
        whole = self.header.size - padded * slot
        # size = samples * bit rate / (8 * rate), rounded down: bit rates are whole kbit/s.
        for kbit in range(8, 449, 8):
            exact = self.header.samples * kbit * 125 / self.rate_hz
            if int(exact / slot) * slot == whole:
                return exact
        return float(whole)

    def _is_large(self) -> bool:
        return self._file.end - self.start > FOLLOWED_BYTES

    def _audio_end(self) -> int:
        """Where tags at the end of the file begin (ID3v1, APE)."""
        end = self._file.end
        if self._file.bytes_at(end - 128, 3) == b"TAG":
            end -= 128
        footer = self._file.bytes_at(end - 32, 32)
        if footer.startswith(b"APETAGEX"):
            size = int.from_bytes(footer[12:16], "little")
            end -= min(size + (32 if footer[23] & 0x80 else 0), end)
        return end


def first_frame(file: MpegFile) -> Frame | None:
    """The first frame of an MPEG audio file; None if the file is none."""
    start = 0
    for _ in range(MOST_TAGS):
        start += id3_size(file.bytes_at(start, 10))
    return file.sync(start, min(file.end, start + FURTHEST_START))


def read_tag(file: MpegFile, first: Frame) -> Tag | None:
    """The tag in the first frame. https://www.compuphase.com/mp3/mp3loops.htm describes LAME's."""
    header = first.header
    if header.layer != 3:
        return None
    data = file.bytes_at(first.offset, min(header.size, 1024))
    if data[36:40] == b"VBRI":
        return Tag(_number(data, 50), _number(data, 46), 0, 0)
    side_info = (17, 32) if header.mpeg == 1 else (9, 17)
    at = 4 + side_info[header.channels - 1]
    if data[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = _number(data, at + 4)
    at += 8
    frames = _number(data, at) if flags & 1 else 0
    at += 4 if flags & 1 else 0
    size = _number(data, at) if flags & 2 else 0
    at += (4 if flags & 2 else 0) + (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    if data[at : at + 4] not in (b"LAME", b"Lavf", b"Lavc"):
        return Tag(frames, size, 0, 0)
    both = int.from_bytes(data[at + 21 : at + 24], "big")
    delay, padding = both >> 12, both & 0xFFF
    return Tag(frames, size, delay + LAME_DELAY, max(0, padding - LAME_DELAY))


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
