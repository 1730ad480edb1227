"""WAV files whose header does not tell their size: fields of 32 bits wrap at 4 GiB, and those of 64
bits (RF64, BW64) stay empty where a recorder was cut off.
"""

from typing import Any, NamedTuple

_WRAP = 1 << 32
_UNKNOWN = (0, (1 << 64) - 1)  # a size of 64 bits that was never written
_SUBTYPES = {(1, 8): "PCM_U8", (1, 16): "PCM_16", (1, 24): "PCM_24", (1, 32): "PCM_32"}
_SUBTYPES |= {(3, 32): "FLOAT", (3, 64): "DOUBLE", (6, 8): "ALAW", (7, 8): "ULAW"}


class RawSound(NamedTuple):
    """Samples without a header: [start, end) of a file in libsndfile's encoding `subtype`."""

    subtype: str
    rate_hz: int
    channels: int
    start: int
    end: int
    endian: str = "LITTLE"


def unsized_data(file: Any, head: bytes) -> RawSound | None:
    """The samples of a WAV of over 4 GiB whose size fields wrapped, or of an RF64 or BW64 that does
    not say its size; None if it is no such file.

    head: the first bytes of the file, with the chunks before the samples.
    """
    if head[8:12] != b"WAVE":
        return None
    size = file.seek(0, 2)
    is_large = head[:4] == b"RIFF" and size >= _WRAP
    is_unfinished = head[:4] in (b"RF64", b"BW64") and _is_unfinished(head)
    if not is_large and not is_unfinished:
        return None
    at, form = 12, b""
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"data":
            end = size if is_unfinished else _unwrapped(at + 8, length, size)
            return None if end is None else _sound(form, at + 8, end)
        if name == b"fmt ":
            form = head[at + 8 : at + 8 + min(length, 40)]
        at += 8 + length + length % 2
    return None


def _is_unfinished(head: bytes) -> bool:
    """Whether the size of the samples in the chunk ds64 was never written."""
    return head[12:16] == b"ds64" and int.from_bytes(head[28:36], "little") in _UNKNOWN


def _unwrapped(start: int, length: int, size: int) -> int | None:
    """Where samples end whose length has wrapped; None if it has not."""
    wraps = (size - start - length) // _WRAP
    return None if wraps < 1 or length >= _WRAP - 1 else start + length + wraps * _WRAP


def _sound(form: bytes, start: int, end: int) -> RawSound | None:
    """The samples in [start, end), in the format that the chunk `form` says."""
    if len(form) < 16:
        return None
    code, channels = (int.from_bytes(form[at : at + 2], "little") for at in (0, 2))
    rate_hz, bits = int.from_bytes(form[4:8], "little"), int.from_bytes(form[14:16], "little")
    if code == 0xFFFE and len(form) >= 26:  # extensible: the first two bytes of its GUID
        code = int.from_bytes(form[24:26], "little")
    subtype = _SUBTYPES.get((code, bits))
    if subtype is None or not channels or not rate_hz:
        return None
    return RawSound(subtype, rate_hz, channels, start, end)
