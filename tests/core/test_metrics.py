"""Metrics by hand, with the zero conventions that MMSA uses."""

import numpy as np
import pytest

from daf_core.metrics import regression_metrics


def test_by_hand() -> None:
    label = np.array([2.0, -1.0, 0.0, 1.0, -3.0])
    said = np.array([1.0, -1.5, 0.4, -0.2, -2.6])
    metrics = regression_metrics(said, label)
    assert metrics["mae"] == pytest.approx((1 + 0.5 + 0.4 + 1.2 + 0.4) / 5)
    # without the zero: + - + - against + - - -: three of four
    assert metrics["non0_accuracy"] == pytest.approx(0.75)
    # F1 of positive 2/3 (2 rows), of negative 4/5 (2 rows), weighted by rows
    assert metrics["non0_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    # rounded: 1 -2 0 0 -3 against 2 -1 0 1 -3 (half goes to even: -1.5 → -2)
    assert metrics["acc7"] == pytest.approx(2 / 5)
    assert metrics["r"] == pytest.approx(np.corrcoef(said, label)[0, 1])


def test_halves_round_to_even_as_in_mmsa() -> None:
    assert regression_metrics(np.array([0.5, 1.5, 2.5]), np.array([0.0, 2.0, 2.0]))["acc7"] == 1.0


def test_constant_and_empty_input() -> None:
    assert regression_metrics(np.zeros(3), np.array([1.0, 2.0, 3.0]))["r"] == 0.0
    assert regression_metrics(np.zeros(0), np.zeros(0)) == {}
