"""Groups of calls: nobody is ranked by noise, and a difference that is there is found."""

import numpy as np
import pytest

from daf_core.calls.groups import groups_of

SHAPES = {
    "normal": lambda draw, count: draw.normal(0, 0.6, count),
    "skewed": lambda draw, count: 0.6 * (1 - draw.exponential(1, count)),
    "few values": lambda draw, count: draw.choice([-2.0, 0, 0.5], count, p=[0.1, 0.3, 0.6]),
}


def drawn(seed, groups=50, calls=40, lower=0.0, shape="normal"):
    """Means of calls of so many agents; the first agent's are `lower`."""
    draw = np.random.default_rng(seed)
    names = [f"agent {number}" for number in range(groups) for _ in range(calls)]
    values = SHAPES[shape](draw, groups * calls)
    values[:calls] -= lower
    return values, names


@pytest.mark.parametrize("shape", SHAPES)
def test_without_a_difference_hardly_ever_any_agent_is_said_to_differ(shape):
    said = [
        any(one.differs for one in groups_of(*drawn(seed, calls=20, shape=shape)))
        for seed in range(20)
    ]
    assert sum(said) <= 3  # one is expected: 5 % of draws in which any of 50 agents is


def test_a_planted_difference_is_found():
    found = {one.name: one for one in groups_of(*drawn(0, lower=0.6))}
    assert [name for name, one in found.items() if one.differs] == ["agent 0"]
    assert found["agent 0"].high < 0 < found["agent 1"].high
    assert next(iter(found)) == "agent 0"  # lowest first


def test_intervals_hold_the_mean_nine_times_in_ten():
    inside = [one.low <= 0 <= one.high for seed in range(6) for one in groups_of(*drawn(seed))]
    assert 0.85 <= np.mean(inside) <= 0.94


@pytest.mark.parametrize("calls", [3, 5, 10, 40])
def test_intervals_of_few_calls_hold_the_mean_nearly_as_often(calls):
    found = groups_of(*drawn(calls, groups=2000, calls=calls), least=2 * 2000 * calls)
    held = np.mean([one.low <= 0 <= one.high for one in found])
    assert held == pytest.approx(0.9, abs=0.02)  # three deviations; the bootstrap held 0.62 of 3


def test_two_calls_have_no_interval_and_each_group_says_why_it_is_not_compared():
    found = groups_of(np.arange(17.0) % 3, ["two"] * 2 + [None] * 3 + ["many"] * 12)
    said = {one.name: (one.low is None, one.why_not) for one in found}
    assert said == {
        "two": (True, "too few calls"),
        None: (False, "not compared"),
        "many": (False, ""),
    }


def test_small_groups_are_not_compared():
    values, names = np.arange(13.0), ["small"] * 2 + ["large"] * 10 + [None]
    found = {one.name: one for one in groups_of(values, names)}
    assert (found["small"].differs, found[None].differs, found[None].low) == (None, None, None)
    assert found["large"].differs is not None
    assert [one.p for one in groups_of(np.ones(20), ["a"] * 10 + ["b"] * 10)] == [1.0, 1.0]


def test_calls_of_which_nothing_is_said_are_no_group_that_differs():
    values = np.random.default_rng(1).normal(0, 0.1, 60)
    values[:20] -= 2
    names = [*["", " ", None, None] * 5, *["a"] * 20, *["b"] * 20]
    nothing, *others = groups_of(values, names)
    assert (nothing.name, nothing.calls, nothing.differs) == (None, 20, None)
    assert [one.differs is None for one in others] == [False, False]
