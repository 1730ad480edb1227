"""Correlations summed part by part equal those of all rows at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.report.correlation import Correlation

ROWS = st.integers(4, 60)
NUMBERS = st.floats(-1000, 1000, width=32)


@given(st.data())
def test_parts_give_what_all_rows_give(data: st.DataObject) -> None:
    rows = data.draw(ROWS)
    x, y = (data.draw(arrays(np.float64, rows, elements=NUMBERS)) for _ in "xy")
    cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=4)))
    found = Correlation()
    for own in np.split(np.arange(rows), cuts):
        found.add(x[own], y[own])
    assert found.rows == rows
    assert found.mean_x == pytest.approx(x.mean(), abs=1e-6)
    assert found.deviation_x == pytest.approx(x.std(), abs=1e-6)
    if x.std() > 1e-3 and y.std() > 1e-3:
        assert found.r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)


def test_a_large_mean_costs_no_digits() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    found = Correlation()
    for part in np.split(x, 10):
        found.add(part + 1e9, part)
    assert found.r == pytest.approx(1.0, abs=1e-6)


def test_the_interval_is_that_of_fisher_and_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        x = rng.normal(size=40)
        found = Correlation()
        found.add(x, 0.5 * x + 0.75**0.5 * rng.normal(size=40))
        assert found.interval is not None
        low, high = found.interval
        assert found.r is not None
        assert low < found.r < high
        held += low <= 0.5 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_what_cannot_be_correlated_gives_none() -> None:
    found = Correlation()
    assert found.r is None
    found.add(np.array([1.0, 2.0, np.nan, np.inf]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert (found.rows, found.r, found.interval) == (2, None, None)
    found.add(np.array([3.0, 4.0]), np.array([3.0, 4.0]))
    assert found.r == pytest.approx(1.0)
    same = Correlation()
    same.add(np.ones(50), np.arange(50.0))
    assert same.r is None
