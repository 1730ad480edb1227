"""Groups of calls, such as those of an agent or a queue: their means, and which of them differ.

Calls of few recordings differ by chance. So a group of less than `least` calls is not compared, the
interval of a mean is one over calls (a bootstrap that draws whole calls), and a group is said to
differ from the others only where that is unlikely for any of all groups to happen by chance
(Welch's t-test against the other calls, Holm 1979, Scandinavian Journal of Statistics 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import ttest_ind_from_stats

from daf_core.calls.arrays import Floats

DRAWS = 2000  # of the bootstrap
DRAWN_AT_ONCE = 1_000_000  # calls, for memory
DIFFERS_BELOW = 0.05  # probability that any group is said to differ though none does


@dataclass(frozen=True)
class Group:
    """Calls with one value of a column.

    mean: of the calls, each counting the same; low, high: nine of ten bootstrap means lie between,
    None for less than two calls; difference: from the mean of all other calls; p: of the
    difference, adjusted for the number of groups; differs: whether p is under DIFFERS_BELOW.
    Difference, p and differs are None for a group that is too small to be compared.
    """

    name: str | None
    calls: int
    mean: float
    low: float | None
    high: float | None
    difference: float | None = None
    p: float | None = None
    differs: bool | None = None


def groups_of(values: Floats, names: Sequence[str | None], least: int = 10) -> list[Group]:
    """The groups of calls with `values` (calls,) and `names` (calls,), lowest mean first."""
    draw = np.random.default_rng(0)
    members: dict[str | None, list[int]] = {}
    for number, name in enumerate(names):
        members.setdefault(name, []).append(number)
    found = []
    for name in sorted(members, key=lambda one: (one is None, one or "")):
        own, rest = values[members[name]], np.delete(values, members[name])
        low, high = _interval(own, draw)
        group = Group(name, len(own), float(own.mean()), low, high)
        if len(own) >= max(2, least) and len(rest) > 1:
            group = _compared(group, own, rest)
        found.append(group)
    return sorted(_adjusted(found), key=lambda group: group.mean)


def _interval(values: Floats, draw: np.random.Generator) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    at_once = max(1, DRAWN_AT_ONCE // len(values))
    counts = [min(at_once, DRAWS - start) for start in range(0, DRAWS, at_once)]
    means = [
        values[draw.integers(0, len(values), (count, len(values)))].mean(axis=1) for count in counts
    ]
    low, high = np.quantile(np.concatenate(means), [0.05, 0.95]).tolist()
    return low, high


def _compared(group: Group, own: Floats, rest: Floats) -> Group:
    with np.errstate(invalid="ignore", divide="ignore"):
        moments = [(one.mean(), one.std(ddof=1), len(one)) for one in (own, rest)]
        p = float(ttest_ind_from_stats(*moments[0], *moments[1], equal_var=False).pvalue)
    difference = float(own.mean() - rest.mean())
    # Without any spread the test gives NaN: equal means do not differ, others surely do.
    p = p if not np.isnan(p) else float(difference == 0)
    return replace(group, difference=difference, p=p)


def _adjusted(groups: list[Group]) -> list[Group]:
    """Holm's p-values: the k-th smallest of m times m - k + 1, and never below an earlier one."""
    compared = sorted((one for one in groups if one.p is not None), key=lambda one: one.p or 0)
    adjusted: dict[str | None, float] = {}
    highest = 0.0
    for number, one in enumerate(compared):
        highest = max(highest, min(1.0, (one.p or 0) * (len(compared) - number)))
        adjusted[one.name] = highest
    return [
        one
        if one.p is None
        else replace(one, p=adjusted[one.name], differs=adjusted[one.name] < DIFFERS_BELOW)
        for one in groups
    ]
