"""SVG geometry of the report's drawings. Paths hold digits and path letters only."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from daf_core.schemas import LABEL_RANGE, polarity

Floats = NDArray[np.float64]

MARKS_AT_MOST = 400  # utterances drawn one by one; recordings with more are drawn as means
BINS = 200  # of a recording that is drawn as means
TICKS_AT_MOST = 6
WIDTH, HEIGHT = 1000, 120  # view box of a timeline, stretched to the width of the page
RIBBON_HEIGHT = 100

_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: place and size in percent of the plot, and what it counts."""

    left: float
    width: float
    height: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Timeline:
    """One recording: its marks as SVG paths, and the ticks of its axis."""

    marks: dict[str, str]  # polarity → path
    ranges: str  # lowest to highest of each mean; empty where utterances are drawn one by one
    ribbon: str  # audio weight over time; empty where no utterance has weights
    ticks: list[tuple[float, str]]  # percent of the width, label
    bins: int  # number of means; 0: one mark per utterance


def histogram(counts: NDArray[np.int64], edges: Floats) -> list[Bar]:
    """Bars of a histogram, the tallest as high as the plot."""
    scale = 100 / max(1, int(counts.max()))
    span = edges[-1] - edges[0]
    return [
        Bar(
            left=round(100 * float((low - edges[0]) / span), 2),
            width=round(100 * float((high - low) / span), 2),
            height=round(scale * int(count), 2),
            low=float(low),
            high=float(high),
            count=int(count),
        )
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def stack(counts: list[int]) -> list[tuple[float, float]]:
    """Left and width, in percent, of the pieces of one bar divided in proportion to `counts`."""
    total = max(1, sum(counts))
    widths = [100 * count / total for count in counts]
    lefts = accumulate(widths, initial=0.0)
    return [(round(left, 2), round(width, 2)) for left, width in zip(lefts, widths, strict=False)]


def percent_of_axis(sentiment: float) -> float:
    """Position of a sentiment on an axis over [-3, 3], in percent from its left end."""
    low, high = LABEL_RANGE
    return round(100 * (min(max(sentiment, low), high) - low) / (high - low), 1)


def timeline(
    start: Floats,
    end: Floats,
    sentiment: Floats,
    audio_weight: Floats,
    ticks: list[tuple[float, str]],
) -> Timeline:
    """Draw one recording.

    start, end: (utterances,) positions in the recording, in [0, 1], NaN for utterances that are not
    drawn; sentiment: (utterances,) in [-3, 3]; audio_weight: (utterances,) in [0, 1] or NaN; ticks:
    (percent of the width, label).
    """
    drawn = ~np.isnan(start)
    start, end, sentiment, audio_weight = (
        values[drawn] for values in (start, end, sentiment, audio_weight)
    )
    ranges, bins = "", 0
    if len(start) > MARKS_AT_MOST:
        bins = BINS
        start, end, sentiment, audio_weight, ranges = _binned(start, end, sentiment, audio_weight)
    names = np.array([polarity(value) for value in sentiment], np.str_)
    marks = {
        name: _segments(start[names == name], end[names == name], sentiment[names == name])
        for name in ("negative", "neutral", "positive")
    }
    weighted = np.isfinite(audio_weight)
    ribbon = _columns(start[weighted], end[weighted], audio_weight[weighted])
    return Timeline(marks=marks, ranges=ranges, ribbon=ribbon, ticks=ticks, bins=bins)


def time_ticks(first_s: float, last_s: float) -> list[tuple[float, str]]:
    """A few round times between `first_s` and `last_s`: (percent of the width, label)."""
    span_s = last_s - first_s
    if span_s <= 0:
        return [(0.0, clock(first_s))]
    step_s = next(
        (step for step in _TICK_STEPS_S if span_s / step < TICKS_AT_MOST),
        int(span_s // 3600 // TICKS_AT_MOST + 1) * 3600,
    )
    times = np.arange(np.ceil(first_s / step_s), np.floor(last_s / step_s) + 1) * step_s
    return [(round(100 * float((time - first_s) / span_s), 1), clock(time)) for time in times]


def clock(time_s: float) -> str:
    """A time as m:ss, or h:mm:ss from one hour on."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _binned(
    start: Floats, end: Floats, sentiment: Floats, audio_weight: Floats
) -> tuple[Floats, Floats, Floats, Floats, str]:
    """Means over BINS equal stretches, without empty ones, and the path of their ranges."""
    index = np.minimum(((start + end) / 2 * BINS).astype(int), BINS - 1)
    members = [np.flatnonzero(index == place) for place in range(BINS)]
    filled = np.array([place for place in range(BINS) if len(members[place])])
    groups = [members[place] for place in filled]
    mean = np.array([sentiment[group].mean() for group in groups])
    weight = np.array([_mean_of_known(audio_weight[group]) for group in groups])
    ranges = "".join(
        f"M{_x((place + 0.5) / BINS)} {_y(sentiment[group].max())}V{_y(sentiment[group].min())}"
        for place, group in zip(filled, groups, strict=True)
    )
    return filled / BINS, (filled + 1) / BINS, mean, weight, ranges


def _mean_of_known(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _segments(start: Floats, end: Floats, sentiment: Floats) -> str:
    """A horizontal stroke per utterance; round caps show a stroke without length as a dot."""
    return "".join(
        f"M{_x(left)} {_y(value)}h{max(0, _x(right) - _x(left) - 3)}"
        for left, right, value in zip(start, end, sentiment, strict=True)
    )


def _columns(start: Floats, end: Floats, share: Floats) -> str:
    return "".join(
        f"M{_x(left)} {RIBBON_HEIGHT}v-{round(RIBBON_HEIGHT * value)}"
        f"h{max(2, _x(right) - _x(left))}V{RIBBON_HEIGHT}z"
        for left, right, value in zip(start, end, share, strict=True)
    )


def _x(place: float) -> int:
    return round(WIDTH * place)


def _y(sentiment: float) -> int:
    return round(HEIGHT * (1 - percent_of_axis(sentiment) / 100))
