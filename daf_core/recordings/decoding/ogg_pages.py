"""The pages of an Ogg file (RFC 3533): whether it holds one plain stream, and how long it is."""

from typing import Any

BLOCK_BYTES = 1 << 20
_LONGEST_PAGE = 27 + 255 + 255 * 255
_MOST_SAMPLES = {b"\x01vorbis": 4096, b"\x7fFLAC": 65535}  # of a packet
_FIRST, _LAST_UNKNOWN = 2, -1  # flag of a stream's first page; granule where no packet ends


def plain_length(file: Any) -> int | None:
    """The last granule position of an Ogg file with one Vorbis or FLAC stream, from 0 on.

    None where only decoding tells the length: several streams one after the other or at once, a
    stream of which the start is missing, damage between pages, more samples than the packets can
    hold, another codec.
    """
    size = file.seek(0, 2)
    serial, last, offset, number = b"", _LAST_UNKNOWN, 0, 0
    block, base = b"", 0
    packets, most = 0, 0
    while offset < size:
        if not 0 <= offset - base <= len(block) - 282:  # the largest page header
            file.seek(offset)
            block, base = file.read(BLOCK_BYTES), offset
        at = offset - base
        head = block[at : at + 27]
        if len(head) < 27:
            break  # cut short
        if head[:5] != b"OggS\0":
            return None
        segments = block[at + 27 : at + 27 + head[26]]
        body = sum(segments)
        packets += sum(length < 255 for length in segments)
        if not number:
            serial = head[14:18]
            start = block[at + 27 + head[26] :][:7]
            most = next((most for name, most in _MOST_SAMPLES.items() if start.startswith(name)), 0)
            if not most:
                return None
        elif head[5] & _FIRST or head[14:18] != serial:
            return None
        if int.from_bytes(head[18:22], "little") != number:
            return None
        granule = int.from_bytes(head[6:14], "little", signed=True)
        offset += 27 + head[26] + body
        if granule != _LAST_UNKNOWN and offset <= size:
            if not max(0, last) <= granule <= max(0, last) + packets * most:
                return None
            last, packets = granule, 0
        number += 1
    return last if last > 0 else None


def breaks_off(file: Any, size: int) -> bool:
    """Whether the last page of a file of `size` bytes lacks bytes."""
    start = max(0, size - _LONGEST_PAGE)
    file.seek(start)
    at = file.read(_LONGEST_PAGE).rfind(b"OggS\0")
    return at >= 0 and page_end(file, start + at) > size


def page_end(file: Any, start: int) -> int:
    """Where the page ends that starts at byte `start`."""
    file.seek(start)
    head: bytes = file.read(27 + 255)
    segments = head[27 : 27 + head[26]] if len(head) > 26 else b""
    return start + 27 + len(segments) + sum(segments)
