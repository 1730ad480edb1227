"""How far the errors of one recording go together."""

import numpy as np
import pytest

from daf_core.measures.error_correlation import LEAST_RECORDINGS, error_correlation


def drawn(correlation, recordings=400, spread=2.0):
    """Errors of recordings of 1 to 30 rows, with this correlation within each."""
    draw = np.random.default_rng(0)
    of_row = np.repeat(np.arange(recordings), draw.integers(1, 31, recordings))
    shared = draw.normal(size=recordings)[of_row] * correlation**0.5
    own = draw.normal(size=len(of_row)) * (1 - correlation) ** 0.5
    spreads = np.where(of_row % 2, spread, 3 * spread)
    return (shared + own) * spreads, spreads, of_row * 12_345_678_901


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5, 0.9])
def test_the_correlation_that_was_drawn_is_found(correlation):
    assert error_correlation(*drawn(correlation)) == pytest.approx(correlation, abs=0.05)


def test_rows_without_an_interval_tell_nothing():
    errors, spread, recordings = drawn(0.3)
    more = np.concatenate([errors, np.full(500, 9.0)])
    spreads = np.concatenate([spread, np.full(500, np.nan)])
    numbers = np.concatenate([recordings, np.zeros(500, np.int64)])
    assert error_correlation(more, spreads, numbers) == error_correlation(*drawn(0.3))


def test_few_recordings_tell_nothing():
    errors, spread, recordings = drawn(0.5)
    few = recordings < (LEAST_RECORDINGS - 1) * 12_345_678_901
    assert error_correlation(errors[few], spread[few], recordings[few]) is None
    apart = np.arange(len(errors))
    assert error_correlation(errors, spread, apart) is None
