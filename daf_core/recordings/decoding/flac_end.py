"""Where the sound of a FLAC file ends, by its last frame (RFC 9639, section 9.1).

The total in the header is not enough: it stays when a file is cut short or joined with another.
"""

from typing import Any, NamedTuple

TAIL_BYTES = 1 << 17
SEARCHED_BYTES = 16 << 20
_HEADER = b"fLaC\0\0\0\x22"
_TAGS = (b"ID3", b"APETAGEX")  # that players put behind the sound
_BLOCKS = {1: 192, **{code: 576 << code - 2 for code in range(2, 6)}} | {
    code: 256 << code - 8 for code in range(8, 16)
}


class FlacEnd(NamedTuple):
    """The number of samples, and a byte of the file from which on no frame lies."""

    samples: int
    heard_to: int


def flac_end(file: Any, head: bytes) -> FlacEnd | None:
    """Where the sound ends by the last frame's header; None if that cannot be told.

    head: the first bytes of the file, at least 42. A second header in the file is looked for where
    the file is no larger than SEARCHED_BYTES.
    """
    if head[:4] != b"fLaC" or len(head) < 42:
        return None
    smallest, largest = (int.from_bytes(head[at : at + 2], "big") for at in (8, 10))
    size = file.seek(0, 2)
    if size <= SEARCHED_BYTES:
        file.seek(len(_HEADER))
        if _HEADER in file.read(size):
            return None
    file.seek(max(0, size - TAIL_BYTES))
    tail: bytes = file.read(TAIL_BYTES)
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            end = _frame_end(tail[at : at + 16], smallest, largest)
            if end is not None:
                last = tail[at : at + _most_bytes(head, largest)]
                tag = min((x for x in map(last.find, _TAGS) if x > 0), default=len(last))
                return FlacEnd(end, size - len(tail) + at + tag)
    return None


def _most_bytes(head: bytes, block: int) -> int:
    """The most bytes that a frame has: as the header says, or those of its samples as they are."""
    channels, bits = (head[20] >> 1 & 7) + 1, ((head[20] & 1) << 4 | head[21] >> 4) + 1
    return int.from_bytes(head[15:18], "big") or block * channels * (bits + 1) // 8 + 256


def _frame_end(header: bytes, smallest: int, largest: int) -> int | None:
    """The sample at which the frame with this header ends; None if it is no header."""
    if len(header) < 6 or header[3] & 1:
        return None
    ones = 8 - (header[4] ^ 0xFF).bit_length()  # a number in the manner of UTF-8
    extra = ones - 1 if ones else 0
    if ones == 1 or ones == 8 or len(header) < 5 + extra:
        return None
    number = header[4] & (0x7F >> ones)
    for byte in header[5 : 5 + extra]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    at = 5 + extra
    code, rate = header[2] >> 4, header[2] & 15
    more = {6: 1, 7: 2}.get(code, 0)
    block = int.from_bytes(header[at : at + more], "big") + 1 if more else _BLOCKS.get(code, 0)
    at += more + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if not block or len(header) <= at or _crc8(header[:at]) != header[at]:
        return None
    is_variable = header[1] & 1
    return (number if is_variable else number * (largest if largest == smallest else block)) + block


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
