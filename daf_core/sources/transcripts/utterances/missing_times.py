"""Times of cues that lack them, from the cues around them."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, groupby

from daf_core.sources.transcripts.cue import Cue

LETTERS_PER_S = 15.0  # of English speech, with blanks; where a file has too few times to tell
_SLOWEST, _FASTEST = 5.0, 30.0  # letters a second that people speak
_SHORTEST_S = 0.5
_BEFORE_S = 0.5
_LEAST_ROOM_S = 0.1  # for each cue: in less, nothing can be said


def finite(cue: Cue) -> Cue:
    """The cue without times that are no finite numbers; one that starts up to 0.5 s before 0, as
    after a shift of all times, starts at 0.
    """
    if cue.start_s is not None and cue.end_s is not None and -_BEFORE_S <= cue.start_s < 0:
        cue = replace(cue, start_s=0.0) if cue.end_s > 0 else cue
    start_s, end_s = (
        time if time is not None and math.isfinite(time) else None
        for time in (cue.start_s, cue.end_s)
    )
    if (start_s, end_s) == (cue.start_s, cue.end_s):
        return cue
    return replace(cue, start_s=start_s, end_s=end_s)


def fill_times(cues: list[Cue]) -> list[Cue]:
    """Give every cue both times, if any cue has one; `cues` are in order of time.

    - A missing end is the next start. The last cue ends after as long as its words take.
    - A missing start is the end of the cue before; but not earlier than its words need at most.
    - Cues without both share the time between their neighbours by the number of their letters. If
      there is none, each takes as long as its words need.

    How long words take is what the file's other cues take, in letters a second.
    """
    if all(cue.start_s is None and cue.end_s is None for cue in cues):
        return cues
    rate = _rate(cues)
    starts = sorted(cue.start_s for cue in cues if cue.start_s is not None)
    filled: list[Cue] = []
    for without, group in groupby(cues, key=lambda cue: cue.start_s is None and cue.end_s is None):
        if without:
            filled += _shared(list(group), _edge(filled), starts, rate)
        else:
            for cue in group:
                filled.append(_completed(cue, filled, starts, rate))
    return filled


def _completed(cue: Cue, before: list[Cue], starts: list[float], rate: float) -> Cue:
    """A cue that has at least one time, with both."""
    needs_s = _needs_s(cue, rate)
    if cue.start_s is None:
        assert cue.end_s is not None
        edge = _edge(before)
        start_s = edge if edge < cue.end_s else max(0.0, cue.end_s - needs_s)
        cue = replace(cue, start_s=start_s)
    assert cue.start_s is not None
    next_s = _first(starts, cue.start_s, bisect_right)
    if cue.end_s is None:
        return replace(cue, end_s=round(cue.start_s + needs_s, 6) if next_s is None else next_s)
    return cue


def mend_ends(cues: list[Cue]) -> list[Cue]:
    """Move an end that is at or before its start behind it, if the next start leaves room; such a
    cue is `retimed`.

    `cues` are in order of time; the end of the last ones stays, as nothing tells where it is.
    """
    rate = _rate(cues)
    starts = [cue.start_s for cue in cues if cue.start_s is not None]
    mended = []
    for cue in cues:
        if cue.start_s is not None and cue.end_s is not None and cue.end_s <= cue.start_s:
            next_s = _first(starts, cue.start_s, bisect_right)
            if next_s is not None:
                end_s = min(next_s, round(cue.start_s + _needs_s(cue, rate), 6))
                cue = replace(cue, end_s=end_s, retimed=True)
        mended.append(cue)
    return mended


def _shared(cues: list[Cue], edge: float, starts: list[float], rate: float) -> list[Cue]:
    """Cues without times, one after the other from `edge` to the next start."""
    next_s = _first(starts, edge, bisect_left)
    needs = [_needs_s(cue, rate) for cue in cues]
    total = sum(needs)
    # At the end of the file nothing says how long they take.
    room_s = total if next_s is None else next_s - edge
    if room_s < _LEAST_ROOM_S * len(cues):
        room_s = total
    ends = [round(edge + room_s * part / total, 6) for part in accumulate(needs)]
    return [
        replace(cue, start_s=start_s, end_s=end_s)
        for cue, start_s, end_s in zip(cues, [edge, *ends], ends, strict=False)
    ]


def _edge(before: list[Cue]) -> float:
    """Where the cue before ends; 0 where there is none."""
    if not before:
        return 0.0
    times = (before[-1].start_s, before[-1].end_s)
    return max(time for time in times if time is not None)


def _first(
    starts: list[float], time_s: float, place: Callable[[list[float], float], int]
) -> float | None:
    """The first start after `time_s` (bisect_right), or from it on (bisect_left)."""
    position = place(starts, time_s)
    return starts[position] if position < len(starts) else None


def _rate(cues: list[Cue]) -> float:
    """Letters a second: the median of the cues that have both times."""
    rates = sorted(
        len(cue.text) / (cue.end_s - cue.start_s)
        for cue in cues
        if cue.text and cue.start_s is not None and cue.end_s is not None
        if cue.end_s > cue.start_s
    )
    middle = rates[len(rates) // 2] if rates else LETTERS_PER_S
    return min(_FASTEST, max(_SLOWEST, middle))


def _needs_s(cue: Cue, rate: float) -> float:
    return max(_SHORTEST_S, len(cue.text) / rate)
