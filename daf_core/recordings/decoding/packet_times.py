"""Where in a recording each packet's sound is, without decoding it.

Time 0 is the first sound that can be decoded, and sound follows on sound, as in what
`ffmpeg -i X out.wav` writes. Time stamps only tell of holes: where a container with clocks of its
own (Matroska, MP4 …) has lost packets, silence keeps what follows in its place.
"""

import struct
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

LONGEST_HOLE_S = 600.0  # a longer gap in the stamps is damage, not silence
LONGEST_PACKET_S = 2.0  # a container that says more of a packet is damaged
LONGEST_VORBIS = 4096  # samples: two halves of the longest blocks overlap
JOIN_S = 10.0  # a longer gap in a stream that may be joined from several is a new clock
STAMPED = frozenset({"matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "asf", "flv"})
JOINED = frozenset({"mpegts", "mpeg", "rm", "ogg"})

_LONGEST_BLOCK = 1 << 17  # samples: WavPack's, the longest of all codecs

# Codecs of which every packet decodes to the same number of samples.
_AMR = ("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb")
_MPEG = ("mp1", "mp2", "mp3", "mp1float", "mp2float", "mp3float")
_CONSTANT = frozenset(("aac", "aac_latm", "ac3", "gsm", "gsm_ms", *_MPEG, *_AMR))
# The rates of ISO/IEC 14496-3, table 1.18.
_ADTS_RATES_HZ = dict(
    enumerate((96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000))
) | {10: 11_025, 11: 8_000, 12: 7_350}
# Streams of which the demuxer knows exactly how many samples a packet decodes to. Not FLAC by
# itself: where files were joined, one packet holds several frames and the next header.
_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
_EXACT = frozenset(
    {("ac3", "ac3"), ("g722", "g722"), ("gsm", "gsm")}
    | {("wv", "wavpack"), ("tta", "tta"), (_MP4, "alac"), (_MP4, "flac")}
    | {("amr", codec) for codec in _AMR}
)


class Hole(ValueError):
    """The time stamps have a hole that is damage."""


Length = Callable[[Any], int]


class PacketTimes:
    """Gives each packet of a stream its place, in order from the first on.

    `length` gives the samples that a packet decodes to, None where only decoding tells.
    """

    def __init__(self, form: str, rate_hz: int, time_base: Fraction, length: Length | None) -> None:
        self.length = length
        self.end = 0
        self._rate_hz = rate_hz
        self._ticks = float(time_base * rate_hz)  # samples in a tick
        self._clock, self._joined = form in STAMPED or form in JOINED, form in JOINED
        self._origin: float | None = None  # sample of stamp 0
        self._before = 0  # samples of the packet before

    def place(self, packet: Any, samples: int | None = None) -> tuple[int, int]:
        """The first sample of a packet and their number; `samples` is what it was decoded to.

        Raises:
            Hole: it starts long after the packet before it.
        """
        if samples is None:
            samples = self.length(packet) if self.length else 0
            samples = min(samples, max(_LONGEST_BLOCK, round(LONGEST_PACKET_S * self._rate_hz)))
        if self._clock and samples and packet.pts is not None:
            if skipped(packet)[0]:
                self._origin = None  # the stamp is that of what is dropped
            else:
                self._check_clock(packet.pts * self._ticks, samples)
        start, self.end = self.end, self.end + samples
        return start, samples

    def _check_clock(self, stamp: float, samples: int) -> None:
        if self._origin is None:
            self._origin = self.end - stamp
        gap = stamp + self._origin - self.end
        if gap > LONGEST_HOLE_S * self._rate_hz and not self._joined:
            raise Hole(f"a hole of {gap / self._rate_hz:.0f} s")
        if gap < -self._rate_hz or (gap > JOIN_S * self._rate_hz and self._joined):
            self._origin = self.end - stamp  # another recording begins, with a clock of its own
        elif gap > 2 * self._ticks + 0.6 * max(samples, self._before):
            packets = gap / samples
            whole = abs(packets - round(packets)) * samples <= 2 * self._ticks + 1
            self.end += round(packets) * samples if whole else round(gap)
        self._before = samples


def packet_length(
    form: str, codec: str, rate_hz: int, time_base: Fraction, constant: int
) -> Length | None:
    """The function that tells how many samples a packet decodes to, None if only decoding does.

    form, codec: FFmpeg's names of the container and the codec; constant: the samples that one
    packet was seen to decode to.
    """
    ticks = time_base * rate_hz
    if codec in ("opus", "libopus"):
        scale = rate_hz / 48_000
        return lambda packet: _trimmed(packet, round(opus_samples(bytes(packet)) * scale))
    if (form, codec) == ("aac", "aac"):
        return _AdtsLength(constant)
    if (form, codec) == ("ogg", "vorbis"):
        return _VorbisLength(float(ticks))
    if (form, codec) in _EXACT:
        return lambda packet: _trimmed(packet, round(float((packet.duration or 0) * ticks)))
    if codec in _CONSTANT and constant:
        return _ConstantLength(constant)
    return None


class _VorbisLength:
    """Samples of a Vorbis packet in Ogg, whose durations leave out what is cut off at the end."""

    def __init__(self, ticks: float) -> None:
        self._ticks = ticks
        self._is_first = True

    def __call__(self, packet: Any) -> int:
        is_first, self._is_first = self._is_first, False
        # Blocks overlap: the first gives no sound before the second has come.
        return 0 if is_first else min(round((packet.duration or 0) * self._ticks), LONGEST_VORBIS)


class _AdtsLength:
    """Samples of an AAC packet with an ADTS header, whose rate may differ from the first one's."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._first_hz = 0

    def __call__(self, packet: Any) -> int:
        head = bytes(memoryview(packet)[:3])
        if len(head) < 3 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            return 0
        rate_hz = _ADTS_RATES_HZ.get(head[2] >> 2 & 15, self._first_hz)
        self._first_hz = self._first_hz or rate_hz
        return round(self._samples * self._first_hz / rate_hz) if rate_hz else 0


class _ConstantLength:
    """Samples of a packet where all decode to as many; encoder delay may span several packets."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._to_skip = 0

    def __call__(self, packet: Any) -> int:
        start, end = skipped(packet)
        self._to_skip += start
        dropped = min(self._to_skip, self._samples)
        self._to_skip -= dropped
        return 0 if packet.is_discard else max(0, self._samples - dropped - end)


def _trimmed(packet: Any, samples: int) -> int:
    if packet.is_discard:
        return 0
    return max(0, samples - sum(skipped(packet)))


def skipped(packet: Any) -> tuple[int, int]:
    """Samples that the container has dropped at the start and at the end of a packet."""
    if not packet.has_sidedata("skip_samples"):
        return 0, 0
    for side in packet.iter_sidedata():
        if side.data_type == "skip_samples" and side.buffer_size >= 8:
            start, end = struct.unpack_from("<II", bytes(side))
            return start, end
    return 0, 0


def opus_samples(data: bytes) -> int:
    """Samples at 48 kHz of an Opus packet (RFC 6716, section 3.1)."""
    if not data:
        return 0
    config, code = data[0] >> 3, data[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    frames = (1, 2, 2)[code] if code < 3 else (data[1] & 63 if len(data) > 1 else 0)
    return frame * frames


def place_of(frame: Any, waiting: deque[tuple[int, int, int, int]]) -> tuple[int, int] | None:
    """Start and length of the packet that a codec frame comes from, by its time stamp.

    waiting: packets (stamp, duration in ticks, start, length) that have gone into the codec; those
    up to the frame's own are taken out.
    """
    if not waiting:
        return None
    stamp = frame.pts
    ours = next(
        (
            number
            for number, (pts, duration, _, _) in enumerate(waiting)
            if stamp is not None and pts <= stamp < pts + max(1, duration)
        ),
        0,
    )
    for _ in range(ours):
        waiting.popleft()
    _, _, start, length = waiting.popleft()
    return start, length
