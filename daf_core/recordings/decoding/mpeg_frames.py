"""The frames of an MPEG audio stream (MP3, MP2, MP1), found by their headers.

A stream has no table of contents that can be trusted: files are joined, cut and tagged by tools
that do not rewrite the first header. So frames are followed from header to header. Header fields
are those of ISO/IEC 11172-3 (MPEG-1) and 13818-3 (MPEG-2).
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

# kbit/s by bit-rate index, for MPEG-1 layers I, II, III, then MPEG-2 layers I, II and III.
_KBIT = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44_100, 48_000, 32_000)
_SAMPLES = {(1, 1): 384, (1, 2): 1152, (1, 3): 1152, (2, 1): 384, (2, 2): 1152, (2, 3): 576}
_MATTERS = 0xFFFEFEC0  # the bits of a header that `parse_header` uses
BLOCK_BYTES = 1 << 20
SYNC_BYTES = 1 << 13  # looked at first when frames break off
MOST_FALSE_HEADERS = 200_000  # between frames: then the rest of the file is taken for junk


class Header(NamedTuple):
    """What a frame header says."""

    size: int  # bytes, with the header
    samples: int  # of each channel
    rate_hz: int
    channels: int
    layer: int
    mpeg: int  # 1; 2 stands for MPEG-2 and 2.5


class Frame(NamedTuple):
    """A frame and where it is in the file."""

    offset: int
    header: Header


@lru_cache(maxsize=4096)
def parse_header(word: int) -> Header | None:
    """The header in four big-endian bytes, None if it is none, or of free format."""
    version, layer = word >> 19 & 3, 4 - (word >> 17 & 3)
    bit_rate, rate = word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer == 4 or bit_rate in (0, 15) or rate == 3:
        return None
    mpeg = 1 if version == 3 else 2
    rate_hz = _RATES_HZ[rate] >> (0, 1, 2)[(3 - version + 1) // 2]
    samples = _SAMPLES[mpeg, layer]
    slot = 4 if layer == 1 else 1  # bytes that padding adds
    bits = samples * _KBIT[mpeg, layer][bit_rate] * 1000
    size = (bits // (8 * slot * rate_hz) + (word >> 9 & 1)) * slot
    return Header(size, samples, rate_hz, 1 if word >> 6 & 3 == 3 else 2, layer, mpeg)


def is_alike(one: Header, other: Header) -> bool:
    """Whether two frames can be of one encoder: same version, layer and rate."""
    return one.rate_hz == other.rate_hz and one.layer == other.layer and one.mpeg == other.mpeg


class MpegFile:
    """The bytes of an MPEG audio file: frames from any offset on.

    `file` is read in blocks; `end` is where the file ends.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._block, self._base = b"", 0
        self.block_bytes = BLOCK_BYTES
        self.end: int = file.seek(0, 2)

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer only at the end of the file."""
        at = offset - self._base
        if at < 0 or at + size > len(self._block):
            self._file.seek(offset)
            self._block, self._base, at = self._file.read(max(size, self.block_bytes)), offset, 0
        return self._block[at : at + size]

    def header_at(self, offset: int) -> Header | None:
        """The header at `offset` if there is one and its frame is whole."""
        word = self.bytes_at(offset, 4)
        if len(word) < 4:
            return None
        header = parse_header(int.from_bytes(word, "big") & _MATTERS)
        return header if header and offset + header.size <= self.end else None

    def frames(self, offset: int) -> Iterator[tuple[int, Header]]:
        """Frames from `offset` on, in order: (offset, header).

        What lies between frames is passed over, and with it the frame behind it: FFmpeg takes the
        two for one packet and cannot decode it. Only zeros do no such harm.
        """
        unpack = struct.Struct(">I").unpack_from
        known: dict[int, Header] = {}  # headers of the kind that is being followed
        while offset + 4 <= self.end:
            at = offset - self._base
            block = self._block
            last = len(block) - 4
            while 0 <= at <= last:
                header = known.get(unpack(block, at)[0] & _MATTERS)
                if header is None or offset + header[0] > self.end:
                    break
                yield offset, header
                if block is not self._block:
                    break  # another caller has read elsewhere
                at += header[0]
                offset += header[0]
            else:
                if len(self.bytes_at(offset, 4)) < 4:
                    return  # the file has shrunk
                continue
            if block is not self._block:
                offset += header[0] if header is not None else 0
                continue
            header = self.header_at(offset)
            if header is None or not self._goes_on(offset, header, 2):
                found = self.sync(offset, self.end)
                if found is None:
                    return
                harmless = not known or not any(self.bytes_at(offset, found.offset - offset)[:4096])
                offset, header = found
                if not harmless:
                    offset += header.size
                    known = {}
                    continue
            word = int.from_bytes(self.bytes_at(offset, 4), "big") & _MATTERS
            known = {word: header, **known} if _one_alike(known, header) else {word: header}

    def sync(self, offset: int, stop: int) -> Frame | None:
        """The first frame that starts in [offset, stop) and is followed by another of its kind.

        ID3 tags, which may hold pictures, are stepped over as a whole.
        """
        false_headers = 0
        window = SYNC_BYTES
        while offset < stop:
            block = self.bytes_at(offset, min(window, self.end - offset))
            if len(block) < 4:
                return None
            tag = block.find(b"ID3")
            candidates = _candidates(block if tag < 0 else block[: tag + 3])
            for candidate in (offset + int(at) for at in candidates):
                header = self.header_at(candidate)
                if candidate < stop and header and self._goes_on(candidate, header, 2):
                    return Frame(candidate, header)
                false_headers += 1
                if false_headers > MOST_FALSE_HEADERS:
                    return None
            if tag >= 0:
                false_headers += 64
                offset += tag + max(3, id3_size(self.bytes_at(offset + tag, 10)))
            else:
                offset += len(block) - 3
                window = BLOCK_BYTES
        return None

    def _goes_on(self, offset: int, header: Header, more: int) -> bool:
        """Whether `more` frames of the same kind follow this one, or as many as the file holds."""
        for _ in range(more):
            offset += header.size
            following = self.header_at(offset)
            if following is None:
                return self.end - offset < 4 or self._is_last(offset)
            if not is_alike(header, following):
                return False
            header = following
        return True

    def _is_last(self, offset: int) -> bool:
        """Whether a trailing tag starts at `offset`, or a frame that the file's end cuts off."""
        start = self.bytes_at(offset, 8)
        if start.startswith((b"TAG", b"APETAGEX", b"LYRICSBE", b"ID3")):
            return True
        return parse_header(int.from_bytes(start[:4], "big") & _MATTERS) is not None


def _one_alike(known: dict[int, Header], header: Header) -> bool:
    """Whether the kind of frames that are being followed is the kind of `header`."""
    return any(is_alike(header, other) for other in known.values())


def _candidates(block: bytes) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Where in a block a header may start: sync bits, layer, bit rate and rate are valid ones."""
    data = np.frombuffer(block, np.uint8)
    second, third = data[1:-2], data[2:-1]
    likely = (data[:-3] == 0xFF) & (second >= 0xE0) & (second & 0x18 != 0x08)
    likely &= (second & 0x06 != 0) & (third & 0xF0 != 0xF0) & (third & 0xF0 != 0)
    likely &= third & 0x0C != 0x0C
    return np.flatnonzero(likely)


def id3_size(head: bytes) -> int:
    """Bytes of the ID3v2 tag whose first ten bytes are `head`; 0 if it is none."""
    if len(head) < 10 or not head.startswith(b"ID3") or max(head[6:10]) > 0x7F:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)  # with a footer


def starts_as_mpeg(head: bytes) -> bool:
    """Whether a file that begins with `head` may be MPEG audio: by a frame header or ID3 tag."""
    return head.startswith(b"ID3") or parse_header(int.from_bytes(head[:4], "big")) is not None
