"""Utterances from which another channel's speech is taken out: arithmetic of times."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from daf_core.arrays import BoolArray
from daf_core.recordings.bleed import FRAMES_PER_S

SHORTEST_BLEED_S = 0.3
SHORTEST_OWN_S = 0.3
PAUSE_S = 0.8  # another's speech in a shorter pause does not split an utterance
PAD_S = 0.1

Span: TypeAlias = tuple[float, float]  # start_s, end_s
Owners: TypeAlias = npt.NDArray[np.int8]  # of each frame of a channel: a source, OWN or QUIET
OWN, QUIET = -1, -2


class Own(NamedTuple):
    """An utterance on the channel of its speaker."""

    start_s: float
    end_s: float
    crosstalk: bool  # it is heard on another channel too, or another's speech was cut off from it


class Bleed(NamedTuple):
    """Speech of the channel `source` that was taken out of the utterances of `channel`."""

    channel: int
    source: int
    start_s: float
    end_s: float


class OwnSpeech(NamedTuple):
    """What `own_speech` finds."""

    spans: dict[int, list[Own]]  # of every channel that was given, in order
    dropped: list[Bleed]  # in order of time


def split(
    span: Span, channel: int, owners: Owners, covered: Mapping[int, BoolArray]
) -> tuple[list[Span], list[Bleed]]:
    """The parts of a span that are the channel's own speech, and those that are bleed."""
    first, last = _at(span[0], len(owners)), _at(span[1], len(owners))
    owner = owners[first:last].copy()
    for source, near in covered.items():
        owner[(owner == source) & ~near[first:last]] = OWN
    bleeding = [run for run in _runs(owner >= 0) if _long(run, SHORTEST_BLEED_S)]
    if not bleeding:
        return [span], []
    edges = [0, *(frame for run in bleeding for frame in run), len(owner)]
    speaking: list[tuple[int, int]] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        heard = begin + np.flatnonzero(owner[begin:end] == OWN)
        if len(heard) < SHORTEST_OWN_S * FRAMES_PER_S:
            continue
        pad = round(PAD_S * FRAMES_PER_S)
        begin = begin if begin == 0 else max(begin, int(heard[0]) - pad)
        end = end if end == len(owner) else min(end, int(heard[-1]) + 1 + pad)
        if speaking and not _long((speaking[-1][1], begin), PAUSE_S):
            begin = speaking.pop()[0]
        speaking.append((begin, end))

    def seconds(begin: int, end: int) -> Span:
        start_s = span[0] if begin == 0 else (first + begin) / FRAMES_PER_S
        return start_s, span[1] if end == len(owner) else (first + end) / FRAMES_PER_S

    edges = [0, *(frame for run in speaking for frame in run), len(owner)]
    dropped = [
        Bleed(channel, int(np.bincount(sources).argmax()), *seconds(begin, end))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        if len(sources := owner[begin:end][owner[begin:end] >= 0])
    ]
    return [seconds(*run) for run in speaking], dropped


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Stretches of True, as (first, behind the last)."""
    changes = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return [(int(begin), int(end)) for begin, end in changes.reshape(-1, 2)]


def _long(run: tuple[int, int], shortest_s: float) -> bool:
    return run[1] - run[0] >= shortest_s * FRAMES_PER_S


def flagged(kept: Mapping[int, Sequence[Span]], dropped: Sequence[Bleed]) -> dict[int, list[Own]]:
    """Mark the utterances from which bleed was cut, and those that were heard elsewhere too."""
    touched: dict[int, list[Span]] = {channel: [] for channel in kept}
    for bleed in dropped:
        for channel in (bleed.channel, bleed.source):
            touched[channel].append((bleed.start_s, bleed.end_s))
    return {
        channel: [
            Own(start_s, end_s, any(a <= end_s and start_s <= b for a, b in touched[channel]))
            for start_s, end_s in spans
        ]
        for channel, spans in kept.items()
    }


def within(spans: Sequence[Span], end_s: float) -> list[Span]:
    """Spans cut to [0, end_s], in order; those beyond are left out."""
    cut = [(max(0.0, start), min(end, end_s)) for start, end in spans]
    return sorted(span for span in cut if span[0] < span[1])


def overlaps(one: Sequence[Span], other: Sequence[Span], near_s: float) -> list[Span]:
    """Where spans of both are within `near_s`, in order of time."""
    found = []
    i = j = 0
    while i < len(one) and j < len(other):
        start_s = max(one[i][0], other[j][0]) - near_s
        end_s = min(one[i][1], other[j][1]) + near_s
        if start_s < end_s:
            found.append((max(start_s, 0.0), end_s))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def frames_of(spans: Sequence[Span], size: int, near_s: float = 0.0) -> BoolArray:
    """Frames within `near_s` of any of the spans."""
    inside = np.zeros(size, np.bool_)
    for start_s, end_s in spans:
        inside[_at(start_s - near_s, size) : _at(end_s + near_s, size)] = True
    return inside


def _at(time_s: float, size: int) -> int:
    """The frame around a time."""
    return min(max(0, round(time_s * FRAMES_PER_S)), size)
