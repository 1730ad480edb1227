"""Metrics by hand, with the conventions that MMSA and CMU use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from daf_core.measures.metrics import class_metrics, regression_metrics

LABEL = np.array([2.0, -1.0, 0.0, 1.0, -3.0])
SAID = np.array([1.0, -1.5, 0.4, -0.2, -2.6])


def test_error_and_correlation_by_hand() -> None:
    metrics = regression_metrics(SAID, LABEL)
    assert metrics["mae"] == pytest.approx((1 + 0.5 + 0.4 + 1.2 + 0.4) / 5)
    assert metrics["r"] == pytest.approx(np.corrcoef(SAID, LABEL)[0, 1])
    # means -.58 and -.2; centred products 10.52 in sum, squares 8.528 and 14.8
    assert metrics["ccc"] == pytest.approx(2 * 10.52 / (8.528 + 14.8 + 5 * 0.38**2))


def test_with_and_without_zeros_by_hand() -> None:
    metrics = regression_metrics(SAID, LABEL)
    # without the zero: + - + - against + - - -: three of four
    assert metrics["non0_accuracy"] == pytest.approx(0.75)
    # F1 of positive 2/3 (2 rows), of negative 4/5 (2 rows), weighted by rows
    assert metrics["non0_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    # with it, as not negative: + - + + - against + - + - -: four of five
    assert metrics["has0_accuracy"] == pytest.approx(0.8)
    # F1 of not negative 4/5 (3 rows), of negative 4/5 (2 rows)
    assert metrics["has0_f1"] == pytest.approx(0.8)


def test_classes_by_hand() -> None:
    metrics = regression_metrics(SAID, LABEL)
    # rounded: 1 -2 0 0 -3 against 2 -1 0 1 -3 (half goes to even: -1.5 → -2)
    assert metrics["acc7"] == pytest.approx(2 / 5)
    # clipped to [-2, 2] first: 1 -2 0 0 -2 against 2 -1 0 1 -2
    assert metrics["acc5"] == pytest.approx(2 / 5)
    # away from zero: 1 -2 1 -1 -3 against 2 -1 0 1 -3
    assert metrics["acc7_cmu"] == pytest.approx(1 / 5)


def test_what_is_beyond_three_counts_as_three_for_classes_alone() -> None:
    metrics = regression_metrics(np.array([5.0, -1.0]), np.array([3.0, -1.0]))
    assert (metrics["acc7"], metrics["acc7_cmu"], metrics["acc5"]) == (1, 1, 1)
    assert metrics["mae"] == 1.0


def test_halves_round_to_even_as_in_mmsa() -> None:
    assert regression_metrics(np.array([0.5, 1.5, 2.5]), np.array([0.0, 2.0, 2.0]))["acc7"] == 1.0


def test_cmu_bounds() -> None:
    """a < -2: -3; [-2, -1): -2; [-1, 0): -1; 0; (0, 1]: 1; (1, 2]: 2; > 2: 3."""
    predicted = np.array([-2.01, -2.0, -1.01, -1.0, -0.01, 0.0, 0.01, 1.0, 1.01, 2.0, 2.01])
    label = np.array([-3.0, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3])
    assert regression_metrics(predicted, label)["acc7_cmu"] == 1.0


def test_constant_and_empty_input() -> None:
    metrics = regression_metrics(np.zeros(3), np.array([1.0, 2.0, 3.0]))
    assert (metrics["r"], metrics["ccc"]) == (0, 0)
    assert regression_metrics(np.zeros(0), np.zeros(0)) == {}
    assert "non0_accuracy" not in regression_metrics(np.ones(2), np.zeros(2))


@given(st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=40), st.integers(0, 9))
def test_the_truth_is_perfect(labels: list[float], seed: int) -> None:
    label = np.array(labels)
    metrics = regression_metrics(label, label)
    assert metrics["mae"] == 0
    names = ("has0_accuracy", "has0_f1", "acc5", "acc7", "acc7_cmu", "non0_accuracy", "non0_f1")
    assert {metrics.get(name, 1.0) for name in names} == {1.0}
    shuffled = np.random.default_rng(seed).permutation(label)
    assert regression_metrics(shuffled, label)["ccc"] <= 1 + 1e-9


def test_class_metrics_by_hand() -> None:
    label = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    metrics = class_metrics(predicted, label)
    assert metrics["accuracy"] == pytest.approx(3 / 6)
    assert metrics["uar"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    f1 = [2 * 2 / (4 + 3), 2 * 1 / (2 + 2), 0]
    assert metrics["macro_f1"] == pytest.approx(np.mean(f1))
    assert metrics["weighted_f1"] == pytest.approx((3 * f1[0] + 2 * f1[1]) / 6)
    assert class_metrics(np.zeros(0, int), np.zeros(0, int)) == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_classes_are_measured_as_scikit_learn_does(pairs):
    predicted, label = np.array(pairs).T
    assert class_metrics(predicted, label) == pytest.approx(
        {
            "accuracy": accuracy_score(label, predicted),
            "uar": recall_score(label, predicted, labels=np.unique(label), average="macro"),
            "weighted_f1": f1_score(label, predicted, average="weighted", zero_division=0),
            "macro_f1": f1_score(label, predicted, average="macro", zero_division=0),
        }
    )
    signs = regression_metrics(predicted - 2.0, label - 2.0)
    expected = f1_score(label >= 2, predicted >= 2, average="weighted", zero_division=0)
    assert signs["has0_f1"] == pytest.approx(expected)
