"""The pages of an Ogg file (RFC 3533): whether it holds one plain stream, and how long it is."""

from typing import Any

BLOCK_BYTES = 1 << 20
_FIRST, _LAST_UNKNOWN = 2, -1  # flag of a stream's first page; granule where no packet ends


def plain_length(file: Any) -> int | None:
    """The last granule position of an Ogg file with one Vorbis or FLAC stream, from 0 on.

    None where only decoding tells the length: several streams one after the other or at once, a
    stream of which the start is missing, damage between pages, another codec.
    """
    size = file.seek(0, 2)
    serial, last, offset, number = b"", _LAST_UNKNOWN, 0, 0
    block, base = b"", 0
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
        body = sum(block[at + 27 : at + 27 + head[26]])
        if not number:
            serial = head[14:18]
            start = block[at + 27 + head[26] :][:7]
            if not start.startswith((b"\x01vorbis", b"\x7fFLAC")):
                return None
        elif head[5] & _FIRST or head[14:18] != serial:
            return None
        if int.from_bytes(head[18:22], "little") != number:
            return None
        granule = int.from_bytes(head[6:14], "little", signed=True)
        offset += 27 + head[26] + body
        if granule != _LAST_UNKNOWN and offset <= size:
            if granule < last:
                return None
            last = granule
        number += 1
    return last if last > 0 else None
