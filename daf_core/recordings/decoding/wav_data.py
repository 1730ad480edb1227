"""WAV files whose header cannot hold their size: its fields have 32 bits, and wrap at 4 GiB."""

from typing import Any, NamedTuple

_WRAP = 1 << 32
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


def wrapped_data(file: Any, head: bytes) -> RawSound | None:
    """The samples of a WAV of over 4 GiB whose size fields wrapped; None if it is no such file.

    head: the first bytes of the file, with the chunks before the samples.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    size = file.seek(0, 2)
    if size < _WRAP:
        return None
    at, form = 12, b""
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"data":
            return _sound(form, at + 8, length, size)
        if name == b"fmt ":
            form = head[at + 8 : at + 8 + min(length, 40)]
        at += 8 + length + length % 2
    return None


def _sound(form: bytes, start: int, length: int, size: int) -> RawSound | None:
    if len(form) < 16:
        return None
    code, channels = (int.from_bytes(form[at : at + 2], "little") for at in (0, 2))
    rate_hz, bits = int.from_bytes(form[4:8], "little"), int.from_bytes(form[14:16], "little")
    if code == 0xFFFE and len(form) >= 26:  # extensible: the first two bytes of its GUID
        code = int.from_bytes(form[24:26], "little")
    subtype = _SUBTYPES.get((code, bits))
    wraps = (size - start - length) // _WRAP
    if subtype is None or not channels or not rate_hz or wraps < 1 or length >= _WRAP - 1:
        return None
    return RawSound(subtype, rate_hz, channels, start, start + length + wraps * _WRAP)
