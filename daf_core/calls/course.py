"""The sentiment of several utterances: means, quarters and changes, each with its interval.

Each of these is a weighted sum of scores, Σ wᵢ sᵢ. The errors of one recording go together, with a
correlation ρ that was measured on held-out recordings (`measures.error_correlation`). So the
standard deviation of the sum is

    √((1 - ρ) Σ wᵢ² σᵢ² + ρ (Σ wᵢ σᵢ)²)

where σᵢ is the standard deviation that the row's interval stands for. A mean of many rows is
therefore not much surer than one row where ρ is large; a change between two quarters is, as what
they share falls out.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from daf_core.calls.arrays import Floats
from daf_core.measures.calibration_values import COVERAGE
from daf_core.schemas import LABEL_RANGE

DEVIATIONS = NormalDist().inv_cdf((1 + COVERAGE) / 2)  # from the middle of COVERAGE to its end
UNKNOWN_CORRELATION = 1.0  # where it was not measured: a sum is then no surer than its rows
QUARTERS = 4


class Estimate(NamedTuple):
    """A number with the ends of its interval, which are None where rows have no interval."""

    value: float
    low: float | None
    high: float | None


class Sentiment(NamedTuple):
    """Scores of utterances. value: (rows,); spread: (rows,) standard deviation of the error, NaN
    without an interval; correlation: of the errors.
    """

    value: Floats
    spread: Floats
    correlation: float

    @classmethod
    def of(cls, value: Floats, low: Floats, high: Floats, correlation: float | None) -> "Sentiment":
        """From the columns sentiment, interval_low and interval_high; correlation None: unknown."""
        known = UNKNOWN_CORRELATION if correlation is None else correlation
        return cls(value, (high - low) / (2 * DEVIATIONS), known)

    def sum(self, weights: Floats, limits: tuple[float, float]) -> Estimate:
        """The weighted sum of all rows, with an interval within `limits`; weights: (rows,)."""
        used = weights != 0
        weights, spread = weights[used], self.spread[used]
        value = float(weights @ self.value[used])
        if np.isnan(spread).any():
            return Estimate(value, None, None)
        own = (1 - self.correlation) * float(np.square(weights * spread).sum())
        together = self.correlation * float(weights @ spread) ** 2
        half = DEVIATIONS * (own + together) ** 0.5
        return Estimate(value, max(limits[0], value - half), min(limits[1], value + half))


class Course(NamedTuple):
    """The sentiment of one or several speakers over a recording.

    mean; quarters: of the recording, None where nobody speaks; change: last quarter less the first,
    None without one of them and for a single utterance; trend: what a straight line rises from the
    beginning to the end of the recording, None for less than two utterances at different times.
    """

    mean: Estimate
    quarters: list[Estimate | None]
    change: Estimate | None
    trend: Estimate | None


def course(sentiment: Sentiment, weights: Floats, in_quarters: Floats, middle: Floats) -> Course:
    """The course of the rows.

    weights: (rows,) such as their duration; in_quarters: (rows, 4) the part of the weight that lies
    in each quarter of the recording, none of a row that is nowhere; middle: (rows,) of each, from 0
    to 1 over the recording, NaN of such a row, which counts in the mean alone.
    """
    parts = [_shares(column) if column.any() else None for column in in_quarters.T]
    first, last = parts[0], parts[-1]
    change = None
    if first is not None and last is not None and np.isfinite(middle).sum() > 1:
        change = sentiment.sum(last - first, _DIFFERENCE)
    slope = _slope(weights, middle)
    return Course(
        mean=sentiment.sum(_shares(weights), LABEL_RANGE),
        quarters=[None if one is None else sentiment.sum(one, LABEL_RANGE) for one in parts],
        change=change,
        trend=None if slope is None else sentiment.sum(slope, _NO_LIMITS),
    )


_DIFFERENCE = (LABEL_RANGE[0] - LABEL_RANGE[1], LABEL_RANGE[1] - LABEL_RANGE[0])
_NO_LIMITS = (-np.inf, np.inf)


def _shares(weights: Floats) -> Floats:
    shares: Floats = weights / weights.sum()
    return shares


def _slope(weights: Floats, middle: Floats) -> Floats | None:
    """(rows,) with which the scores give the slope of the line of least squares."""
    placed = np.isfinite(middle)
    if placed.sum() < 2 or not weights[placed].any():
        return None
    share, off = _shares(weights[placed]), middle[placed]
    off = off - share @ off
    variance = share @ np.square(off)
    if variance < 1e-9:
        return None
    slope = np.zeros_like(weights)
    slope[placed] = share * off / variance
    return slope
