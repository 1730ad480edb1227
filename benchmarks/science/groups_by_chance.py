"""How often is an agent said to differ (`daf calls --by agent`), when none does, and when one does?

    python -m benchmarks.science.groups_by_chance [--draws 200]

Draws the means of calls of 50 agents, all from one distribution, and asks `groups_of`, as the
command does. Where no agent differs, one may be said to differ in one draw of twenty at most. Then
the calls of one agent are half a point lower. At last: how often the interval of a group of few
calls holds the mean that they are drawn around, of nine times in ten.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from benchmarks.command_line import parser_for
from daf_core.calls.arrays import Floats
from daf_core.calls.groups import groups_of

AGENTS = 50
SPREAD = 0.6  # standard deviation of the means of calls
PLANTED = -0.5
FEW = (3, 5, 10, 40)  # calls of a group
GROUPS = 4000
MEAN = 0.0  # of every shape
Draw = Callable[[np.random.Generator, int], Floats]
SHAPES: dict[str, Draw] = {
    "normal": lambda draw, count: draw.normal(0, SPREAD, count),
    "skewed": lambda draw, count: SPREAD * (1 - draw.exponential(1, count)),
    "three values": lambda draw, count: (
        SPREAD * draw.choice([-3.0, 0, 0.5], count, p=[0.1, 0.3, 0.6])
    ),
}
SIZES: dict[str, Callable[[np.random.Generator], list[int]]] = {
    "40 each": lambda _: [40] * AGENTS,
    "10 to 60": lambda draw: draw.integers(10, 61, AGENTS).tolist(),
}


@dataclass(frozen=True)
class Counts:
    """Of draws: in how many any agent is said to differ, and in how many the planted one is."""

    any_agent: int
    planted: int


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--draws", type=int, default=200)
    draws = parser.parse_args().draws
    print(f"{'means of calls':14} {'calls':10} any differs, though none does | {PLANTED} is found")
    for shape, draw in SHAPES.items():
        for calls, sizes in SIZES.items():
            none = counted(draws, draw, sizes, 0.0).any_agent
            fewer = max(1, draws // 10)
            found = counted(fewer, draw, sizes, PLANTED).planted
            low, high = binomtest(none, draws).proportion_ci()
            print(
                f"{shape:14} {calls:10} {none / draws:.3f} ({low:.3f} to {high:.3f}) | "
                f"{found / fewer:.2f}",
                flush=True,
            )
    print(f"{'means of calls':14} interval holds the mean: {', '.join(map(str, FEW))} calls")
    for shape, draw in SHAPES.items():
        print(f"{shape:14} {', '.join(f'{held(draw, calls):.3f}' for calls in FEW)}")


def held(draw: Draw, calls: int) -> float:
    """The share of groups of so many calls whose interval holds MEAN."""
    values = draw(np.random.default_rng(calls), GROUPS * calls)
    names = [f"group {number}" for number in range(GROUPS) for _ in range(calls)]
    found = groups_of(values, names, least=len(values))  # none is compared, which takes long
    inside = [one.low is not None and one.low <= MEAN <= (one.high or 0.0) for one in found]
    return sum(inside) / GROUPS


def counted(
    draws: int, draw: Draw, sizes: Callable[[np.random.Generator], list[int]], planted: float
) -> Counts:
    any_agent = found = 0
    for seed in range(draws):
        random = np.random.default_rng(seed)
        counts = sizes(random)
        values = draw(random, sum(counts))
        values[: counts[0]] += planted
        names = [f"agent {number}" for number, count in enumerate(counts) for _ in range(count)]
        said = {one.name for one in groups_of(values, names) if one.differs}
        any_agent += bool(said)
        found += "agent 0" in said
    return Counts(any_agent, found)


if __name__ == "__main__":
    main()
