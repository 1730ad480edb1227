"""Spans on the timeline of a recording: where anybody speaks, where nobody does, where two do."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]


class Spans(NamedTuple):
    """start_s, end_s: (spans,) seconds."""

    start_s: Seconds
    end_s: Seconds

    @property
    def length_s(self) -> float:
        """All together; what two spans share counts twice."""
        return float((self.end_s - self.start_s).sum())

    def select(self, rows: npt.NDArray[Any]) -> "Spans":
        """The spans of an index, or of a mask."""
        return Spans(self.start_s[rows], self.end_s[rows])


def merged(spans: Spans) -> Spans:
    """The same time in spans that neither overlap nor touch, in order."""
    order = np.argsort(spans.start_s, kind="stable")
    start_s, end_s = spans.start_s[order], np.maximum.accumulate(spans.end_s[order])
    first = np.append(True, start_s[1:] > end_s[:-1])[: len(start_s)]
    last = np.append(first[1:], True)[: len(start_s)]
    return Spans(start_s[first], end_s[last])


def gaps(spans: Spans) -> Spans:
    """The time between `merged` spans."""
    return Spans(spans.end_s[:-1], spans.start_s[1:])


def shared(several: Sequence[Spans]) -> Spans:
    """The time that lies in two or more of `several`, each of them `merged`; merged too."""
    start_s, end_s = (
        np.concatenate([getattr(one, name) for one in several] or [np.zeros(0)])
        for name in ("start_s", "end_s")
    )
    times = np.concatenate([end_s, start_s])
    steps = np.repeat([-1, 1], len(start_s))
    order = np.argsort(times, kind="stable")  # ends before starts of the same time
    depth = np.append(0, steps[order].cumsum())
    begins = order[(depth[:-1] == 1) & (depth[1:] == 2)]
    ends = order[(depth[:-1] == 2) & (depth[1:] == 1)]
    return Spans(times[begins], times[ends])


def shares(spans: Spans, edges: Seconds) -> npt.NDArray[np.float64]:
    """(spans, periods) seconds of each span in each period between two `edges`; none of a span
    that is NaN.
    """
    low = np.maximum(spans.start_s[:, None], edges[None, :-1])
    high = np.minimum(spans.end_s[:, None], edges[None, 1:])
    seconds: npt.NDArray[np.float64] = np.nan_to_num(np.maximum(high - low, 0))
    return seconds
