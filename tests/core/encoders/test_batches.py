"""Batches by length: all rows, within the budget, as cheap as can be."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daf_core.encoders.pooling import BATCH_COST, batches

BUDGET = 40


def cost(groups: list[list[int]]) -> float:
    return sum(max(1, *group) * len(group) + BATCH_COST * BUDGET for group in groups)


def fits(group: list[int]) -> bool:
    return len(group) == 1 or max(1, *group) * len(group) <= BUDGET


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_every_row_is_in_one_of_the_cheapest_batches_that_fit(lengths):
    found = batches(lengths, BUDGET)
    assert sorted(np.concatenate(found).tolist()) == [*range(len(lengths))]
    groups = [[lengths[row] for row in group] for group in found]
    assert [length for group in groups for length in group] == sorted(lengths, reverse=True)
    assert all(map(fits, groups))
    falling = sorted(lengths, reverse=True)
    every = [
        [falling[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(falling)), strict=True)]
        for number in range(len(falling))
        for cuts in combinations(range(1, len(falling)), number)
    ]
    cheapest = min(cost(cut) for cut in every if all(map(fits, cut)))
    assert abs(cost(groups) - cheapest) < 1e-9
