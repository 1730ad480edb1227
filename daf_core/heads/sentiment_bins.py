"""Sentiment as a distribution over points from -3 to 3: what heads say, and how they learn it.

Labels pile up around a few values, and whoever hears words without a voice is often torn between
two of them. A head that must name one number in training learns something in between; one that
spreads probability over points loses nothing, and its median is the number that errs least on
average.
"""

import torch
from torch import Tensor

NUM_BINS = 13
STEP = 0.5
LOWEST = -3.0


def two_hot(labels: Tensor) -> Tensor:
    """Labels (B,) in [-3, 3] as distributions (B, NUM_BINS): split over the two nearest points."""
    place = (labels.clamp(-3, 3) - LOWEST) / STEP
    points = torch.arange(NUM_BINS, device=labels.device)
    return (1 - (place[:, None] - points).abs()).clamp_min(0)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Of distributions, given as logits (B, …, NUM_BINS), with labels (B,): (B, …)."""
    said = logits.log_softmax(dim=-1)
    true = two_hot(labels).view(len(labels), *[1] * (logits.ndim - 2), NUM_BINS)
    return -(true * said).sum(dim=-1)


def median(logits: Tensor) -> Tensor:
    """Of distributions, given as logits (…, NUM_BINS): (…,) in [-3, 3]."""
    return quantile(logits, 0.5)


def quantile(logits: Tensor, level: float) -> Tensor:
    """The sentiment (…,) in [-3, 3] that a share `level`, in [0, 1], of a distribution is below.

    Each point stands for the values around it, evenly, from half a step below to half a step above.
    """
    shares_of = logits.softmax(dim=-1)
    upto = shares_of.cumsum(dim=-1)
    at = (upto < level).sum(dim=-1, keepdim=True).clamp_max(NUM_BINS - 1)
    own = shares_of.gather(-1, at)
    into = (level - (upto.gather(-1, at) - own)) / own.clamp_min(1e-9)
    value: Tensor = (LOWEST + STEP * (at + into - 0.5)).clamp(-3, 3)
    return value[..., 0]


def share_below(logits: Tensor, sentiment: Tensor) -> Tensor:
    """The share (…,) of each distribution that is below a `sentiment`, which broadcasts to (…,)."""
    shares_of = logits.softmax(dim=-1)
    place = ((sentiment - LOWEST) / STEP + 0.5).expand(shares_of.shape[:-1])[..., None]
    at = place.floor().clamp(0, NUM_BINS - 1).long()
    own = shares_of.gather(-1, at)
    share: Tensor = shares_of.cumsum(dim=-1).gather(-1, at) - own * (at + 1 - place).clamp(0, 1)
    return share[..., 0]
