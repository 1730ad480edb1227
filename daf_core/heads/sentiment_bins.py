"""Sentiment as a distribution over bins from -3 to 3: what heads predict and are trained on.

Labels cluster at a few values, and an utterance may fit two of them. A head that must predict a
single number in training learns a value between the two; a distribution keeps both, and its median
is the number with the least expected absolute error.

Heads that tell classes apart, such as emotions, predict the same distribution: its first outcomes
are the classes, and the others never occur. Labels say which it is: sentiments are floating point,
numbers of classes are integers.
"""

import torch
from torch import Tensor
from torch.nn import functional

NUM_BINS = 13
STEP = 0.5
LOWEST = -3.0


def are_classes(labels: Tensor) -> bool:
    """Whether labels are numbers of classes, in [0, NUM_BINS), and no sentiments."""
    return not labels.is_floating_point()


def two_hot(labels: Tensor) -> Tensor:
    """Labels (B,) in [-3, 3] as distributions (B, NUM_BINS), each over its two nearest bins; those
    of classes over one.
    """
    if are_classes(labels):
        return functional.one_hot(labels, NUM_BINS).float()
    position = (labels.clamp(-3, 3) - LOWEST) / STEP
    bins = torch.arange(NUM_BINS, device=labels.device)
    return (1 - (position[:, None] - bins).abs()).clamp_min(0)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy (B, …) of distributions, as logits (B, …, NUM_BINS), with labels (B,)."""
    predicted = logits.log_softmax(dim=-1)
    true = two_hot(labels).view(len(labels), *[1] * (logits.ndim - 2), NUM_BINS)
    return -(true * predicted).sum(dim=-1)


def median(logits: Tensor) -> Tensor:
    """Medians (…,) in [-3, 3] of distributions, given as logits (…, NUM_BINS)."""
    return quantile(logits, 0.5)


def quantile(logits: Tensor, level: float | Tensor) -> Tensor:
    """The sentiment (…,) in [-3, 3] below which a share `level` in [0, 1], a number or (…,), of a
    distribution lies.

    The probability of a bin is spread evenly from half a step below to half a step above it.
    """
    probabilities = logits.softmax(dim=-1)
    level = torch.as_tensor(level)[..., None]
    cumulative = probabilities.cumsum(dim=-1)
    index = (cumulative < level).sum(dim=-1, keepdim=True).clamp_max(NUM_BINS - 1)
    own = probabilities.gather(-1, index)
    share_of_bin = (level - (cumulative.gather(-1, index) - own)) / own.clamp_min(1e-9)
    value: Tensor = (LOWEST + STEP * (index + share_of_bin - 0.5)).clamp(-3, 3)
    return value[..., 0]


def share_below(logits: Tensor, sentiment: Tensor) -> Tensor:
    """The share (…,) of each distribution below `sentiment`, which broadcasts to (…,)."""
    probabilities = logits.softmax(dim=-1)
    position = ((sentiment - LOWEST) / STEP + 0.5).expand(probabilities.shape[:-1])[..., None]
    index = position.floor().clamp(0, NUM_BINS - 1).long()
    own = probabilities.gather(-1, index)
    share: Tensor = probabilities.cumsum(dim=-1).gather(-1, index) - own * (
        index + 1 - position
    ).clamp(0, 1)
    return share[..., 0]
