"""Calibration: intervals and probabilities hold, however sharp the head's distributions are."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from daf_core.heads.sentiment_bins import LOWEST, NUM_BINS, STEP, median
from daf_core.measures.calibration import (
    Certainty,
    certainty,
    needed_share,
    polarities,
    shape_of,
    share_of_interval,
)
from daf_core.measures.calibration_values import COVERAGE, Calibration
from daf_core.measures.reliability import (
    calibrate,
    certainty_metrics,
    interval_reliability,
    polarity_reliability,
)

BOTH = "text and audio"


def drawn(rows: int, seed: int, sharper: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Distributions and labels drawn from them; the logits are then multiplied by `sharper`."""
    draw = torch.Generator().manual_seed(seed)
    logits = 1.5 * torch.randn(rows, NUM_BINS, generator=draw)
    points = torch.multinomial(logits.softmax(dim=1), 1, generator=draw)[:, 0]
    spread = torch.rand(rows, generator=draw) - 0.5
    labels = (LOWEST + STEP * (points + spread)).clamp(-3, 3)
    return logits * sharper, labels


@pytest.mark.parametrize("sharper", [0.3, 1.0, 3.0])
def test_intervals_hold_as_often_as_they_say(sharper: float) -> None:
    learned = calibrate(*drawn(3000, 1, sharper))
    logits, labels = drawn(3000, 2, sharper)
    present = torch.ones(3000, 2, dtype=torch.bool)
    found = certainty({BOTH: learned}, logits, present)
    metrics = certainty_metrics(found, labels.numpy())
    assert metrics["coverage"] == pytest.approx(COVERAGE, abs=0.02)
    assert (found.low <= found.high).all()


def test_true_distributions_are_left_almost_as_they_are() -> None:
    logits, labels = drawn(5000, 1)
    learned = calibrate(logits, labels)
    share = share_of_interval(learned, logits)
    assert float(share.mean()) == pytest.approx(0.9, abs=0.04)  # labels beyond 3 became 3
    assert learned.temperature == pytest.approx(1, abs=0.1)
    assert learned.rows == 5000


def test_groups_of_rows_whose_distributions_differ_are_covered_alike() -> None:
    """Half of the rows have three values, half are spread; their distributions are too sharp, in
    the one group more than in the other.
    """
    logits, labels = drawn(6000, 1)
    coarse = torch.arange(6000) % 3 == 0
    labels[coarse] = labels[coarse].sign() * (labels[coarse].abs() > 0.5)
    logits[coarse] = 2.0 * drawn(6000, 3)[0][coarse]
    learned = calibrate(logits[:3000], labels[:3000])
    alike = replace(learned, slopes=(), mass=fit_share_of_all(learned, logits, labels))

    def gap(calibration: Calibration) -> float:
        """Between the coverage of the groups."""
        found = certainty({BOTH: calibration}, logits[3000:], torch.ones(3000, 2).bool())
        true, group = labels[3000:].numpy(), coarse[3000:].numpy()
        inside = (found.low <= true) & (true <= found.high)
        assert inside.mean() == pytest.approx(COVERAGE, abs=0.02)
        return abs(float(inside[group].mean() - inside[~group].mean()))

    assert gap(learned) < 0.75 * gap(alike)


def fit_share_of_all(learned: Calibration, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The one share of all distributions that holds the labels for COVERAGE of the rows."""
    return float(np.quantile(needed_share(logits / learned.temperature, labels), COVERAGE))


def test_slopes_change_the_share_of_an_interval_and_stay_within_bounds() -> None:
    logits, _ = drawn(500, 4)
    slopes = torch.randn(NUM_BINS + 2, generator=torch.Generator().manual_seed(0)).tolist()
    share = share_of_interval(Calibration(0.5, 1.0, 100, tuple(slopes)), logits)
    expected = 0.5 + shape_of(logits) @ torch.tensor(slopes, dtype=torch.float64)
    np.testing.assert_allclose(share, expected.clamp(0, 1), rtol=1e-5)
    assert share.min() < 0.4 < 0.6 < share.max()


def test_the_temperature_undoes_too_much_certainty() -> None:
    assert calibrate(*drawn(5000, 1, sharper=2.5)).temperature == pytest.approx(2.5, rel=0.1)


@pytest.mark.parametrize(("rows", "mass_is_all"), [(1, True), (8, True), (9, False)])
def test_with_too_few_rows_an_interval_is_the_whole_range(rows: int, mass_is_all: bool) -> None:
    logits = torch.zeros(rows, NUM_BINS)
    learned = calibrate(logits, torch.linspace(-1, 1, rows))
    assert (learned.mass == 1) == mass_is_all


def test_certainty_is_that_of_rows_with_the_same_modalities() -> None:
    calibrations = {BOTH: Calibration(0.5, 1.0, 100), "audio": Calibration(0.9, 4.0, 100)}
    logits = torch.zeros(3, NUM_BINS)
    present = torch.tensor([[True, True], [False, True], [True, False]])
    found = certainty(calibrations, logits, present)
    # An even distribution goes from -3.25 to 3.25.
    np.testing.assert_allclose(found.low[:2], [-3.25 * 0.5, -3.25 * 0.9], rtol=1e-5)
    np.testing.assert_allclose(found.high[:2], [3.25 * 0.5, 3.25 * 0.9], rtol=1e-5)
    # Negative and positive have 2.75 / 6.5 each, at any temperature.
    np.testing.assert_allclose(
        found.probabilities[:2], [[2.75 / 6.5, 1 / 6.5, 2.75 / 6.5]] * 2, rtol=1e-4
    )
    assert np.isnan([found.low[2], found.high[2], *found.probabilities[2]]).all()


def test_the_most_probable_polarity_need_not_be_that_of_the_median() -> None:
    """Probability at -2 and at 2: the median is neutral, the most probable polarity is not."""
    logits = torch.full((1, NUM_BINS), -math.inf)
    logits[0, [2, 6, 10]] = torch.tensor([0.45, 0.15, 0.4]).log()
    found = certainty({}, logits, torch.ones(1, 2, dtype=torch.bool))
    assert abs(float(median(logits))) < 0.5
    assert found.most_probable.tolist() == [0]


def test_polarities_by_hand() -> None:
    logits = torch.full((1, NUM_BINS), -math.inf)
    logits[0, 5:8] = torch.tensor([0.2, 0.3, 0.5]).log()  # bins -0.5, 0 and 0.5
    torch.testing.assert_close(polarities(logits), torch.tensor([[0.1, 0.65, 0.25]]))


def test_metrics_by_hand() -> None:
    nan = float("nan")
    found = Certainty(
        low=np.array([-1.0, 0.0, 1.0, nan]),
        high=np.array([1.0, 2.0, 2.0, nan]),
        most_probable=np.array([1, 2, 2, 0]),
        probabilities=np.array(
            [[0.05, 0.95, 0.0], [0.1, 0.35, 0.55], [0.0, 0.48, 0.52], [nan, nan, nan]]
        ),
    )
    label = np.array([0.0, 3.0, 0.2, -1.0])
    metrics = certainty_metrics(found, label)
    assert metrics["coverage"] == pytest.approx(1 / 3)
    assert metrics["width"] == pytest.approx(5 / 3)
    # 0 + + - against 0 + 0 -: recalls of -, 0, + are 1, 1/2, 1
    assert metrics["polarity_accuracy"] == pytest.approx(3 / 4)
    assert metrics["polarity_uar"] == pytest.approx(2.5 / 3)
    # F1 of - is 1 (1 row), of 0 2/3 (2 rows), of + 2/3 (1 row)
    assert metrics["polarity_weighted_f1"] == pytest.approx((1 + 2 * 2 / 3 + 2 / 3) / 4)
    assert polarity_reliability(found, label) == [
        (pytest.approx(0.535), 0.5, pytest.approx(2 / 3)),
        (pytest.approx(0.95), 1.0, pytest.approx(1 / 3)),
    ]
    assert metrics["polarity_ece"] == pytest.approx(2 / 3 * 0.035 + 1 / 3 * 0.05)
    nothing = np.array([nan])
    unknown = Certainty(nothing, nothing, np.array([1]), np.full((1, 3), nan))
    assert "coverage" not in certainty_metrics(unknown, np.zeros(1))


def test_central_shares_of_true_distributions_hold_their_share() -> None:
    for mass, held in interval_reliability(*drawn(20_000, 3)):
        assert held == pytest.approx(mass, abs=0.03)
