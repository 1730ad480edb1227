"""What an order of calls is said to tell."""

import numpy as np
import pytest

from daf_core.calls.orders import (
    count_of,
    estimate_of,
    overlapping,
    said_of_counts,
    said_of_intervals,
)


def test_overlapping_intervals_are_those_that_hold_one_point():
    draw = np.random.default_rng(0)
    for _ in range(50):
        low = draw.normal(0, 1, 12).round(1)
        high = low + draw.exponential(0.5, 12).round(1)
        points = np.concatenate([low, high])
        held = (low[:, None] <= points) & (points <= high[:, None])
        assert overlapping(low, high) == held.sum(axis=0).max()
    assert overlapping(np.array([np.nan]), np.array([np.nan])) == 0


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ([-1, -1, 0], [1, 2, 1], "The intervals of all 3 listed calls overlap each other: "),
        ([-3, 0, 0], [-2, 1, 1], "The intervals of 2 of the 3 listed calls all overlap "),
        ([-3, 0, np.nan], [-2, 1, np.nan], ""),
    ],
)
def test_calls_that_cannot_be_told_apart_are_counted(low, high, said):
    found = said_of_intervals(np.array(low, float), np.array(high, float))
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_counts_say_how_many_calls_have_any():
    assert said_of_counts("interruptions", 26, 26, 1) == "1 of 26 calls has interruptions."
    assert said_of_counts("contradictions", 26, 20, 3) == (
        "3 of 26 calls have contradictions; of 6 it is not known."
    )
    assert said_of_counts("contradictions", 26, 0, 0).startswith("Of none of the 26 calls it is")


@pytest.mark.parametrize(
    ("order", "estimate", "count"),
    [
        ("sentiment ASC NULLS LAST", "sentiment", None),
        ('"Change"', "change", None),
        ("contradictions DESC NULLS LAST", None, "contradictions"),
        ("interruptions", None, None),  # lowest first: zeros are what is asked for
        ("sentiment + 1 desc", None, None),
    ],
)
def test_an_order_is_by_an_estimate_a_count_or_neither(order, estimate, count):
    assert (estimate_of(order), count_of(order)) == (estimate, count)
