"""Where the form of a file ends: its chunks, boxes or elements, whatever lies behind them."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

MOST_BOXES = 1 << 10  # two for each fragment of an MP4
MOST_ITEMS = 256  # chunks of one file that are stepped through
_UNKNOWN = 0  # as the end: only decoding tells
_FILES = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"caff", b"OggS", b"fLaC")  # begin another
_ASF, _ASF_SOUND = b"0&\xb2u\x8ef\xcf\x11", b"6&\xb2u\x8ef\xcf\x11"
_W64 = b"riff.\x91\xcf\x11"
_PLACEHOLDER = 0x7F000000  # lengths from here on are written by recorders that do not know it yet
_LONG_BOXES = (b"mdat", b"moov", b"moof")
_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"


def form_end(file: Any, head: bytes, size: int) -> int:
    """Where the last part of the form ends; `size` where it fills the file, more where the file
    was cut short, 0 where that is not known. A few bytes of each part are read, and no sound.

    head: the first bytes of the file; size: its bytes.
    """
    kind = head[:4]
    if kind in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE":
        return _chunks(file, head, size, "big" if kind == b"RIFX" else "little")
    if kind == b"RIFF" and head[8:12] == b"AVI ":
        return _several(_riffs(file, size))
    if kind == b"FORM":
        return _chunks(file, head, size, "big")
    if kind == b"caff":
        return _several(_caf_chunks(file, size))
    if kind == b".snd":
        start, length = (int.from_bytes(head[at : at + 4], "big") for at in (4, 8))
        return size if length >= _PLACEHOLDER else start + length
    if head[4:8] == b"ftyp":
        return _several(_boxes(file, size))
    if kind == _EBML:
        return _several(_elements(file, size))
    if head.startswith(_ASF):
        end = _several(_objects(file, size))
        return end if end > size else _UNKNOWN  # a second file may follow
    if head.startswith(_W64):
        return max(int.from_bytes(head[16:24], "little"), size)
    if head.startswith(b"NIST_1A"):
        return max(_sphere(head), size)
    return _UNKNOWN


def _several(ends: Iterator[int]) -> int:
    """The last of the ends, of not too many."""
    last = _UNKNOWN
    for number, end in enumerate(ends):
        if number >= MOST_ITEMS:
            return _UNKNOWN
        last = end
    return last


def _chunks(file: Any, head: bytes, size: int, order: Any) -> int:
    """Where the chunks of a WAV or AIFF end; one with samples that is not the first is no part."""
    at, sounds, number = 12, 0, 0
    long_data = int.from_bytes(head[28:36], "little") if head[12:16] == b"ds64" else 0
    while at + 8 <= size:
        begin = _bytes(file, head, at, 8)
        name, length = begin[:4], int.from_bytes(begin[4:8], order)
        is_sound = name in (b"data", b"SSND", b"BODY")
        sounds += is_sound
        if not _is_name(name) or sounds > 1 or number >= MOST_ITEMS:
            break
        if is_sound and length in (0, 0xFFFFFFFF):
            length = long_data or size  # never written: the samples go on to the end
        if at + 8 + length > size:
            return max(size, 0 if length >= _PLACEHOLDER else at + 8 + length) if is_sound else at
        at += 8 + length
        number += 1
        if length % 2 and not (at + 4 <= size and _is_name(_bytes(file, head, at, 4))):
            at += 1
    return min(at, size)


def _bytes(file: Any, head: bytes, at: int, count: int) -> bytes:
    """Bytes of a file, from its `head` if that holds them."""
    if at + count <= len(head):
        return head[at : at + count]
    file.seek(at)
    found: bytes = file.read(count)
    return found


def _is_name(name: bytes) -> bool:
    """Whether four bytes can be the name of a chunk within a form."""
    return len(name) == 4 and name not in _FILES and all(32 <= one < 127 for one in name)


def _items(
    file: Any, at: int, size: int, parse: Callable[[bytes], tuple[int, bool]]
) -> Iterator[int]:
    """The ends of items one after the other. `parse` gives of an item's first 24 bytes its whole
    length, 0 where it goes on to the end, and whether it belongs to the form.
    """
    while at < size:
        file.seek(at)
        length, belongs = parse(file.read(24))
        if not belongs:
            return
        at = at + length if length else size
        yield at


def _riffs(file: Any, size: int) -> Iterator[int]:
    def parse(begin: bytes) -> tuple[int, bool]:
        length = int.from_bytes(begin[4:8], "little")
        return 8 + length + length % 2, begin[:4] == b"RIFF" and begin[8:11] == b"AVI"

    return _items(file, 0, size, parse)


def _caf_chunks(file: Any, size: int) -> Iterator[int]:
    def parse(begin: bytes) -> tuple[int, bool]:
        length = int.from_bytes(begin[4:12], "big")
        fits = begin[:4] == b"data" or length < size
        return 0 if length == (1 << 64) - 1 else 12 + length, _is_name(begin[:4]) and fits

    return _items(file, 8, size, parse)


def _boxes(file: Any, size: int) -> Iterator[int]:
    """The boxes of an MP4 up to where another one begins; none where they are fragments."""
    seen = []

    def parse(begin: bytes) -> tuple[int, bool]:
        name, length = begin[4:8], int.from_bytes(begin[:4], "big")
        if length == 1:
            length = int.from_bytes(begin[8:16], "big")
        again = name in (b"ftyp", b"moov") and name in seen
        fits = name in _LONG_BOXES or length < size
        seen.append(name)
        return length, _is_name(name) and not again and fits and (length >= 8 or length == 0)

    ends = [*islice(_items(file, 0, size, parse), MOST_BOXES)]
    if b"moof" in seen:  # what comes after fragments is not told, but the last can be cut short
        ends = [end for end in ends if end > size]
    return iter(ends)


def _elements(file: Any, size: int) -> Iterator[int]:
    """EBML files one after the other, which are all read."""

    def parse(begin: bytes) -> tuple[int, bool]:
        width = 9 - begin[4].bit_length() if len(begin) > 4 and begin[4] else 0
        number = int.from_bytes(begin[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
        is_open = number == (1 << 7 * width) - 1  # a recorder did not say
        return 0 if is_open else 4 + width + number, bool(width) and begin[:4] in (_EBML, _SEGMENT)

    return _items(file, 0, size, parse)


def _objects(file: Any, size: int) -> Iterator[int]:
    """The objects of an ASF file (WMA)."""

    def parse(begin: bytes) -> tuple[int, bool]:
        length = int.from_bytes(begin[16:24], "little")
        fits = begin.startswith(_ASF_SOUND) or length < size
        return length, len(begin) == 24 and fits and length >= 24

    return _items(file, 0, size, parse)


def _sphere(head: bytes) -> int:
    """The end of the samples of a NIST SPHERE file that are not compressed; 0: not known."""
    sizes = [
        re.search(rb"\n%s -i (\d{1,12})\s" % name, head)
        for name in (b"sample_count", b"channel_count", b"sample_n_bytes")
    ]
    start = head[8:16].strip()
    if not start.isdigit() or None in sizes or re.search(rb"\nsample_coding [^\n]*,", head):
        return 0
    count, channels, width = (int(size[1]) for size in sizes if size)
    return int(start) + count * channels * width
