"""Sentiment as a distribution: labels in, medians out."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.heads.sentiment_bins import (
    NUM_BINS,
    cross_entropy,
    median,
    quantile,
    share_below,
    two_hot,
)

LABELS = st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=20)


def test_shares_by_hand() -> None:
    """-3 is the first point, 1.2 lies .4 of a step above 1, the ninth."""
    found = two_hot(torch.tensor([-3.0, 1.2, 3.0]))
    assert found[0].tolist() == [1.0] + [0.0] * 12
    torch.testing.assert_close(found[1, 8:10], torch.tensor([0.6, 0.4]))
    assert found[2, 12] == 1
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))


def test_median_by_hand() -> None:
    """A quarter at -1, a half at 0, a quarter at 2: the middle of what 0 stands for. All at one
    point: that point. Half below and half above: where the lower half ends."""
    bins = torch.zeros(3, NUM_BINS)
    bins[0, [4, 6, 10]] = torch.tensor([0.25, 0.5, 0.25])
    bins[1, 8] = 1
    bins[2, [0, 12]] = 0.5
    found = median(bins.clamp_min(1e-12).log())
    torch.testing.assert_close(found, torch.tensor([0.0, 1.0, -2.75]), atol=1e-4, rtol=0)


@given(LABELS)
def test_the_median_of_a_label_s_shares_is_near_it(labels: list[float]) -> None:
    label = torch.tensor(labels)
    found = median(two_hot(label).clamp_min(1e-12).log())
    assert ((found - label).abs() <= 0.2501).all()


@given(LABELS)
def test_no_distribution_beats_the_true_one(labels: list[float]) -> None:
    label = torch.tensor(labels)
    truth = two_hot(label).clamp_min(1e-12).log()
    generator = torch.Generator().manual_seed(len(labels))
    other = truth + torch.randn(truth.shape, generator=generator)
    assert (cross_entropy(truth, label) <= cross_entropy(other, label) + 1e-5).all()


def test_cross_entropy_of_each_modality() -> None:
    logits, label = torch.randn(4, 2, NUM_BINS), torch.tensor([-3.0, 0.3, 1.0, 3.0])
    found = cross_entropy(logits, label)
    assert found.shape == (4, 2)
    torch.testing.assert_close(found[:, 1], cross_entropy(logits[:, 1], label))


@given(st.lists(st.floats(-4, 4), min_size=NUM_BINS, max_size=NUM_BINS), st.floats(0.01, 0.99))
def test_share_below_undoes_quantile(logits: list[float], level: float) -> None:
    own_logits = torch.tensor([logits])
    value = quantile(own_logits, level)
    share = share_below(own_logits, value)
    if value.abs() < 3:
        torch.testing.assert_close(share, torch.tensor([level]), atol=1e-4, rtol=0)
    else:  # cut off at the ends
        assert (share >= level - 1e-4) if value < 0 else (share <= level + 1e-4)
