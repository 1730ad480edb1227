"""Ways to damage a file of any kind, and the headers of some recording formats."""

import re
import struct
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Damage = Callable[[Rng, bytes], bytes]

EXTREMES = [0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62]
_TAG = re.compile(rb"[A-Za-z][A-Za-z0-9]{2}[A-Za-z0-9 ]")  # moov, stsz, data, fmt …
_CLUSTER = b"\x1f\x43\xb6\x75"  # starts a cluster of Matroska


def flipped_bits(rng: Rng, content: bytes) -> bytes:
    data = bytearray(content)
    for at in rng.integers(0, len(data), rng.integers(1, 33)):
        data[at] ^= 1 << int(rng.integers(8))
    return bytes(data)


def flipped_bits_in_head(rng: Rng, content: bytes) -> bytes:
    head = int(rng.choice([64, 256, 1024]))
    return flipped_bits(rng, content[:head]) + content[head:]


def truncated(rng: Rng, content: bytes) -> bytes:
    return content[: _place(rng, content)]


def truncated_to_a_head(rng: Rng, content: bytes) -> bytes:
    return content[: int(rng.integers(1, 128))]


def without_its_head(rng: Rng, content: bytes) -> bytes:
    return content[int(rng.integers(1, 512)) :]


def a_hole(rng: Rng, content: bytes) -> bytes:
    start, stop = sorted((_place(rng, content), _place(rng, content)))
    return content[:start] + content[stop:]


def zeros_within(rng: Rng, content: bytes) -> bytes:
    start, stop = sorted((_place(rng, content), _place(rng, content)))
    return content[:start] + bytes(stop - start) + content[stop:]


def noise_within(rng: Rng, content: bytes) -> bytes:
    start = _place(rng, content)
    noise = rng.bytes(int(rng.integers(1, 4096)))
    return content[:start] + noise + content[start + len(noise) :]


def a_stretch_twice(rng: Rng, content: bytes) -> bytes:
    start, stop = sorted((_place(rng, content), _place(rng, content)))
    return content[:stop] + content[start:]


def bytes_put_in(rng: Rng, content: bytes) -> bytes:
    start = _place(rng, content)
    return content[:start] + rng.bytes(int(rng.integers(1, 8))) + content[start:]


def noise_at_the_end(rng: Rng, content: bytes) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 5_000)))


def an_extreme_number(rng: Rng, content: bytes) -> bytes:
    """Sizes, counts, rates, stamps: a number beside something that looks like a chunk's name."""
    tags = [match.start() for match in _TAG.finditer(content[:4096] + content[-4096:])] or [0]
    at = int(rng.choice(tags))
    at += 0 if at < 4096 else len(content) - len(content[:4096] + content[-4096:])
    return _put(rng, content, at + int(rng.choice([-4, 4, 8, 12, 16, 20])))


def an_extreme_number_anywhere(rng: Rng, content: bytes) -> bytes:
    return _put(rng, content, _place(rng, content))


def empty(rng: Rng, content: bytes) -> bytes:
    return b""


def all_noise(rng: Rng, content: bytes) -> bytes:
    return rng.bytes(int(rng.integers(1, 20_000)))


ANY: list[Damage] = [
    *(flipped_bits, flipped_bits_in_head, truncated, truncated_to_a_head, without_its_head),
    *(a_hole, zeros_within, noise_within, a_stretch_twice, bytes_put_in, noise_at_the_end),
    *(an_extreme_number, an_extreme_number_anywhere, empty, all_noise),
]


def odd_wav_format(rng: Rng, content: bytes) -> bytes:
    """Rate, channels, bits or block size of a WAV."""
    at = content.find(b"fmt ")
    field, form, values = [
        (8, "<H", [0, 2, 6, 7, 17, 49, 80, 85, 255, 65_534]),
        (10, "<H", [0, 3, 63, 64, 65, 255, 1_024, 65_535]),
        (12, "<I", [0, 1, 7, 999, 1_000, 11_025, 384_000, 384_001, 0x7FFFFFFF, 0xFFFFFFFF]),
        (20, "<H", [0, 1, 3, 7, 4_096, 65_535]),
        (22, "<H", [0, 1, 7, 13, 24, 32, 64, 65_535]),
        (4, "<I", [0, 1, 14, 15, 17, 40, 0x7FFFFFFF, 0xFFFFFFFF]),
    ][int(rng.integers(6))]
    return overwrite(content, at + field, struct.pack(form, int(rng.choice(values))))


def odd_wav_length(rng: Rng, content: bytes) -> bytes:
    """A size that the recorder never wrote, or wrote wrong."""
    size = struct.pack("<I", int(rng.choice([0, 1, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])))
    return overwrite(content, content.find(b"data") + 4, size)


def not_numbers(rng: Rng, content: bytes) -> bytes:
    """NaN, infinity and huge values among the samples of a float WAV."""
    start = content.find(b"data") + 8
    samples = np.frombuffer(content, "<f4", (len(content) - start) // 4, start).copy()
    odd = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-44], np.float32)
    at = rng.integers(0, len(samples), int(rng.choice([1, 100, 10_000])))
    samples[at] = rng.choice(odd, len(at))
    if rng.random() >= 0.8:
        samples[:] = np.nan
    return content[:start] + bytes(samples)


def odd_flac_header(rng: Rng, content: bytes) -> bytes:
    """Block sizes, rate, channels, and length of 36 bits, in STREAMINFO."""
    at, width = [(8, 2), (10, 2), (12, 6), (18, 3), (20, 2), (21, 5), (5, 3)][int(rng.integers(7))]
    value = rng.choice([bytes(width), b"\xff" * width, rng.bytes(width)])
    return overwrite(content, at, value if isinstance(value, bytes) else bytes(value))


def odd_ogg_stamp(rng: Rng, content: bytes) -> bytes:
    """The position on a page, its checksum made right again."""
    pages = [match.start() for match in re.finditer(b"OggS\0", content)]
    data = bytearray(content)
    for number in rng.choice(len(pages), min(len(pages), int(rng.integers(1, 4))), replace=False):
        at = pages[number]
        stamp = int(rng.choice([-1, 0, 1, 1 << 31, 1 << 40, (1 << 62) + 5, -(1 << 62)]))
        data[at + 6 : at + 14] = struct.pack("<q", stamp)
        data[at + 22 : at + 26] = bytes(4)
        segments = data[at + 27 : at + 27 + data[at + 26]]
        page = data[at : at + 27 + len(segments) + sum(segments)]
        data[at + 22 : at + 26] = struct.pack("<I", _ogg_sum(page))
    return bytes(data)


def odd_matroska_stamp(rng: Rng, content: bytes) -> bytes:
    """The time of a cluster: minutes, days or years late."""
    clusters = [match.end() for match in re.finditer(re.escape(_CLUSTER), content)]
    at = content.find(b"\xe7", int(rng.choice(clusters))) + 1
    late = struct.pack(">BQ", 0x88, 1 << int(rng.choice([16, 20, 24, 28, 32, 48, 62])))
    return content[:at] + late + content[at + 1 + (content[at] & 0x7F) :]


OF_KIND: list[tuple[str, list[Damage]]] = [
    ("wav float", [not_numbers, odd_wav_format, odd_wav_length]),
    ("wav", [odd_wav_format, odd_wav_length]),
    ("found wav", [odd_wav_format, odd_wav_length]),
    ("flac", [odd_flac_header]),
    ("found flac", [odd_flac_header]),
    ("ogg", [odd_ogg_stamp]),
    ("found ogg", [odd_ogg_stamp]),
    ("webm", [odd_matroska_stamp]),
    ("mka", [odd_matroska_stamp]),
]


def of_recordings(kind: str) -> list[Damage]:
    """The damages for a recording of this kind."""
    own = next((damages for start, damages in OF_KIND if kind.startswith(start)), [])
    return ANY + 4 * own


def _place(rng: Rng, content: bytes) -> int:
    """A random place: in one half of the cases anywhere, in the other near the start."""
    return int(rng.integers(0, len(content) if rng.random() < 0.5 else min(len(content), 600)))


def overwrite(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def _put(rng: Rng, content: bytes, at: int) -> bytes:
    form = str(rng.choice(["<I", ">I", ">Q", "<Q", ">H", "<H"]))
    mask = (1 << 8 * struct.calcsize(form)) - 1
    return overwrite(content, max(at, 0), struct.pack(form, int(rng.choice(EXTREMES)) & mask))


def _ogg_table() -> list[int]:
    table = []
    for value in range(256):
        value <<= 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_OGG_TABLE = _ogg_table()


def _ogg_sum(page: bytes | bytearray) -> int:
    total = 0
    for byte in page:
        total = ((total << 8) & 0xFFFFFFFF) ^ _OGG_TABLE[(total >> 24) ^ byte]
    return total
