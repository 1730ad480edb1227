"""Groups of calls, such as those of an agent or a queue: their means, and which of them differ.

Calls of few recordings differ by chance. So a group of less than `least` calls is not compared, the
interval of a mean is one over calls, and a group is said to differ from the others only where that
is unlikely for any of all groups to happen by chance: a t-test against the other calls, and the
share of permutations of all calls in which some group has a p-value as small (Westfall and Young
1993). Sentiments of calls are skewed; a t-test alone, with Holm's adjustment, takes small groups of
such calls for different far too often.

The interval is Student's t interval of nine tenths (Student 1908, "The probable error of a mean"):
as wide as so few calls deserve, where the percentile bootstrap is far too narrow (Hesterberg 2015,
"What teachers should know about the bootstrap", The American Statistician 69). docs/results.md says
how often it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from daf_core.arrays import BoolArray
from daf_core.calls.arrays import Floats
from daf_core.schemas import LABEL_RANGE

LEAST_WITH_INTERVAL = 3  # calls; two say next to nothing of how far calls differ
HELD = 0.9  # of means, in their intervals
DRAWN_AT_ONCE = 1_000_000  # calls, for memory
PERMUTATIONS = (400, 2000)  # at least, and at most
PERMUTED = 100_000_000  # calls in all, for time
DIFFERS_BELOW = 0.03  # probability that any group is said to differ though none does


@dataclass(frozen=True)
class Group:
    """Calls with one value of a column.

    mean: of the calls, each counting the same; low, high: the interval that holds the mean of
    further calls like these nine times in ten, within [-3, 3], None for less than
    LEAST_WITH_INTERVAL calls; difference: from the mean of all other calls; p: of the
    difference, adjusted for the number of groups; differs: whether p is under DIFFERS_BELOW.
    Difference, p and differs are None for a group that is not compared: it is too small, or it is
    of the calls of which nothing is said (name None).
    """

    name: str | None
    calls: int
    mean: float
    low: float | None
    high: float | None
    difference: float | None = None
    p: float | None = None
    differs: bool | None = None

    @property
    def why_not(self) -> str:
        """Why the group is not compared, in words; empty if it is."""
        if self.differs is not None:
            return ""
        return "not compared" if self.name is None else "too few calls"


def groups_of(values: Floats, names: Sequence[str | None], least: int = 10) -> list[Group]:
    """The groups of calls with `values` (calls,) and `names` (calls,), lowest mean first."""
    draw = np.random.default_rng(0)
    members: dict[str | None, list[int]] = {}
    for number, name in enumerate(names):
        members.setdefault(name if name and name.strip() else None, []).append(number)
    found = {}
    for name in sorted(members, key=lambda one: (one is None, one or "")):
        own = values[members[name]]
        found[name] = Group(name, len(own), float(own.mean()), *_interval(own))
    counts = np.array([one.calls for one in found.values()])
    named = np.array([name is not None for name in found])
    compared = named & (counts >= max(2, least)) & (len(values) - counts > 1)
    if compared.any():
        order = np.concatenate([members[name] for name in found])
        p = _p_values(values[order], counts, compared, draw)
        names_compared = [name for name, one in zip(found, compared, strict=True) if one]
        for name, one_p in zip(names_compared, p.tolist(), strict=True):
            one = found[name]
            rest = (float(values.sum()) - one.mean * one.calls) / (len(values) - one.calls)
            found[name] = replace(
                one, difference=one.mean - rest, p=one_p, differs=one_p < DIFFERS_BELOW
            )
    return sorted(found.values(), key=lambda group: group.mean)


def _interval(values: Floats) -> tuple[float | None, float | None]:
    if len(values) < LEAST_WITH_INTERVAL:
        return None, None
    from scipy.special import stdtrit  # takes a third of a second, and most reports need none

    error = float(values.std(ddof=1)) / len(values) ** 0.5
    reach = float(stdtrit(len(values) - 1, (1 + HELD) / 2)) * error
    mean = float(values.mean())
    return max(LABEL_RANGE[0], mean - reach), min(LABEL_RANGE[1], mean + reach)


def _p_values(
    values: Floats, counts: npt.NDArray[np.int64], compared: BoolArray, draw: np.random.Generator
) -> Floats:
    """Of each compared group: the probability that any of them has as small a p-value by chance.

    values: (calls,), group by group; counts: (groups,) of calls; compared: (groups,).
    """
    values = values - values.mean()  # so that squares lose no digits
    if np.ptp(values) == 0:
        return np.ones(int(compared.sum()))
    own = _welch(values[None, :], counts)[0, compared]
    rounds = int(np.clip(PERMUTED // len(values), *PERMUTATIONS))
    at_once = max(1, DRAWN_AT_ONCE // len(values))
    smaller = np.zeros(len(own))
    for start in range(0, rounds, at_once):
        mixed = np.tile(values, (min(at_once, rounds - start), 1))
        least = _welch(draw.permuted(mixed, axis=1, out=mixed), counts)[:, compared].min(axis=1)
        # Sums in another order differ in their last digits: equal p-values must stay equal.
        smaller += (least[:, None] <= own * (1 + 1e-9)).sum(axis=0)
    found: Floats = (1 + smaller) / (1 + rounds)
    return found


def _welch(values: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """p-values (rounds, groups) of Welch's t-test of each group against all other calls, in which a
    group varies as much as all calls do, or more: few calls that are alike by chance prove nothing.

    values: (rounds, calls), group by group. Of a group of one call nothing is known: 1.
    """
    from scipy.special import stdtr  # as above

    of_all = values[0].var()
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    sums = np.add.reduceat(values, starts, axis=1)
    squares = np.add.reduceat(values**2, starts, axis=1)
    others = values.shape[1] - counts
    rest = values.sum(axis=1, keepdims=True) - sums
    rest_squares = (values**2).sum(axis=1, keepdims=True) - squares
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(_variance(sums, squares, counts), of_all) / counts
        rest_spread = _variance(rest, rest_squares, others) / others
        error = spread + rest_spread
        t = -np.abs(sums / counts - rest / others) / np.sqrt(error)
        freedom = error**2 / (spread**2 / (counts - 1) + rest_spread**2 / (others - 1))
        p: Floats = 2 * stdtr(freedom, t)
    return np.where(np.isnan(p), 1.0, p)


def _variance(sums: Floats, squares: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    found: Floats = np.maximum(squares - sums**2 / counts, 0) / (counts - 1)
    return found
