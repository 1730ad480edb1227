"""Standardising features: their range, offset and unit do not matter to what is stored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.precomputed.scale import hidden, standardised

EVERY = np.ones(4, bool)


@pytest.mark.parametrize(
    "column",
    [
        [10000.1, 10000.9, 10001.5, 10002.2],
        [1e-9, 2e-9, 3e-9, 4e-9],
        [70000, 80000, 1e6, 5],
        [1e300, 2e300, 3e300, -1e300],
        [5e-324, 1e-323, 1.5e-323, 2e-323],
        [1e8, 1e8 + 1, 1e8 + 2, 1e8 + 3],
    ],
)
def test_numbers_that_float16_cannot_tell_apart_stay_apart(column: list[float]) -> None:
    found = standardised(np.array(column)[:, None], EVERY)[:, 0]
    assert len(set(found.tolist())) == 4
    assert np.argsort(found).tolist() == np.argsort(column).tolist()


@given(
    values=arrays(np.float32, (30, 3), elements=st.floats(-100, 100, width=16)),
    factor=st.sampled_from([1e-30, 1e-9, 1.0, 1e9, 1e30]),
    offset=st.sampled_from([-1e4, 0.0, 1.0, 1e4]),
)
def test_unit_and_offset_do_not_matter(values: np.ndarray, factor: float, offset: float) -> None:
    every = np.ones(30, bool)
    plain = standardised(values, every)
    other = standardised((values.astype(np.float64) + offset) * factor, every)
    varies = values.std(axis=0) > 1e-3
    np.testing.assert_allclose(other[:, varies], plain[:, varies], rtol=2e-3, atol=2e-3)
    assert np.isfinite(other).all()


@given(
    value=st.floats(allow_nan=False, allow_infinity=False),
    rows=st.integers(0, 600),
)
def test_what_does_not_vary_is_0(value: float, rows: int) -> None:
    assert not standardised(np.full((rows, 2), value), np.ones(rows, bool)).any()


def test_absent_rows_count_for_nothing() -> None:
    values = np.array([[1.0], [np.nan], [3.0], [1e9]])
    found = standardised(values, np.array([True, False, True, False]))
    assert found.tolist() == [[-1.0], [0.0], [1.0], [0.0]]


@given(
    seed=st.integers(0, 1000),
    far=st.sampled_from([1e9, -1e30, 1e300]),
    row=st.integers(0, 199),
)
def test_a_far_number_that_hides_the_others_is_named(seed: int, far: float, row: int) -> None:
    values, every = np.random.default_rng(seed).normal(5, 2, (200, 3)), np.ones(200, bool)
    assert not hidden(values, standardised(values, every), every).size
    values[row, 1] = far
    assert hidden(values, standardised(values, every), every).tolist() == [1]


def test_features_that_are_mostly_one_number_are_not_named() -> None:
    values = np.zeros((100, 1))
    values[7] = 1e9
    every = np.ones(100, bool)
    assert not hidden(values, standardised(values, every), every).size
