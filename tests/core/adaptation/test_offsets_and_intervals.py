"""Offsets and intervals that are fitted to few labels, and which way is chosen."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.adaptation.decide import decide
from daf_core.adaptation.intervals import calibrate_on_few, coverage_of
from daf_core.adaptation.offsets import SCALES, Residuals, fit_affine, group_shifts
from daf_core.heads.sentiment_bins import NUM_BINS, STEP, median
from daf_core.measures.adjustment import moved
from daf_core.measures.calibration import needed_share


@settings(max_examples=60)
@given(st.floats(*SCALES), st.floats(-2, 2), st.integers(0, 1000))
def test_an_offset_moves_the_median_of_a_distribution(scale, shift, seed) -> None:
    logits = 2 * torch.randn(20, NUM_BINS, generator=torch.Generator().manual_seed(seed))
    found = median(moved(logits, torch.full((20,), scale), torch.full((20,), shift)))
    expected = (scale * median(logits) + shift).clamp(-3, 3)
    # Exact at the edges of bins; within a bin probability is spread evenly, before and after.
    assert (found - expected).abs().max() < STEP
    assert (found - expected).abs().mean() < 0.15


def test_no_offset_leaves_the_very_same_logits() -> None:
    logits = torch.randn(5, NUM_BINS)
    assert torch.equal(moved(logits, torch.ones(5), torch.zeros(5)), logits)


def residuals(rows: int, seed: int, shift: float, scale: float) -> Residuals:
    draw = np.random.default_rng(seed)
    sentiment = draw.uniform(-2, 2, rows)
    labels = scale * sentiment + shift + draw.normal(0, 0.5, rows)
    return Residuals(sentiment, labels, np.ones(rows), np.arange(rows) // 4)


def test_offsets_are_shrunk_by_their_errors() -> None:
    """Without an offset most estimates are exactly 0, and all are smaller than unshrunk ones."""
    none = [fit_affine(residuals(40, seed, 0, 1), scaled=True) for seed in range(200)]
    assert np.mean([one.shift == 0 and one.scale == 1 for one in none]) > 0.4
    plain = [np.mean((r := residuals(40, s, 0, 1)).labels - r.sentiment) for s in range(200)]
    assert np.square([one.shift for one in none]).mean() < 0.7 * np.square(plain).mean()
    planted = [fit_affine(residuals(200, seed, 0.7, 0.6), scaled=True) for seed in range(20)]
    assert np.mean([one.shift for one in planted]) == pytest.approx(0.7, abs=0.05)
    assert np.mean([one.scale for one in planted]) == pytest.approx(0.6, abs=0.05)


def test_shifts_of_groups_are_shrunk_together() -> None:
    """Groups that do not differ get no shift; a small group gets less than a large one."""
    draw = np.random.default_rng(0)
    sizes = [3, 60, 60, 60]
    names = [f"g{group}" for group, size in enumerate(sizes) for _ in range(size)]
    clusters = np.arange(len(names))
    same = [
        group_shifts(draw.normal(0, 1, len(names)), names, np.ones(len(names)), clusters)
        for _ in range(100)
    ]
    assert np.mean([not one for one in same]) > 0.4
    true = dict(zip(sorted(set(names)), [1.0, 1.0, -1.0, 0.0], strict=True))
    left = np.array([true[name] for name in names]) + draw.normal(0, 1, len(names))
    found = group_shifts(left, names, np.ones(len(names)), clusters)
    assert found["g1"] == pytest.approx(1, abs=0.3)
    assert abs(found["g0"]) < abs(np.mean(left[:3]))


@pytest.mark.parametrize("rows", [12, 50, 200])
def test_few_rows_calibrate_to_what_is_said_of_them(rows: int) -> None:
    """Over many sets of rows intervals hold 90 % or more, nine sets of ten are in the range."""
    draw = torch.Generator().manual_seed(rows)

    def drawn(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        logits = 1.5 * torch.randn(number, NUM_BINS, generator=draw)
        points = torch.multinomial((0.5 * logits).softmax(dim=1), 1, generator=draw)[:, 0]
        spread = torch.rand(number, generator=draw) - 0.5
        return logits, (-3 + 0.5 * (points + spread)).clamp(-3, 3)

    logits, labels = drawn(20_000)
    held = []
    for _ in range(100):
        found = calibrate_on_few(*drawn(rows), np.ones(rows), None)
        assert found is not None
        held.append((needed_share(logits / found.temperature, labels) <= found.mass).mean())
    low, high = coverage_of(rows)
    assert np.mean(held) == pytest.approx(max(0.9, rows / (rows + 1) * 0.9), abs=0.04)
    assert np.mean(held) > 0.89
    assert np.mean([low - 0.005 <= one <= high + 0.005 for one in held]) > 0.8


def test_rows_that_stand_for_more_count_for_more() -> None:
    draw = torch.Generator().manual_seed(0)
    logits, easy = torch.zeros(200, NUM_BINS), torch.arange(200) < 100
    wide = 6 * torch.rand(200, generator=draw) - 3
    labels = torch.where(easy, wide / 10, wide)
    weights = np.where(easy.numpy(), 1.9, 0.1)
    equal = calibrate_on_few(logits, labels, np.ones(200), None)
    weighted = calibrate_on_few(logits, labels, weights, None)
    assert equal is not None
    assert weighted is not None
    assert weighted.mass < equal.mass - 0.2


@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_the_most_thorough_way_is_chosen_only_where_it_helps(gain: float) -> None:
    draw = np.random.default_rng(0)
    chosen = []
    for _ in range(50):
        own = np.abs(draw.normal(0, 1, 150))
        errors = np.stack([own, own + draw.normal(0, 0.3, 150), own + draw.normal(-gain, 0.3, 150)])
        chosen.append(decide(errors, np.ones(150), np.arange(150) // 5, [0, 1, 2]).chosen)
    assert np.mean([one == (2 if gain else 0) for one in chosen]) > 0.75


def test_a_way_that_was_asked_for_is_taken_and_told_to_be_worse() -> None:
    errors = np.stack([np.full(60, 0.5), np.full(60, 0.6)])
    found = decide(errors, np.ones(60), np.arange(60) // 3, [1])
    assert (found.chosen, found.difference.value) == (1, pytest.approx(0.1))
