"""Rows whose labels may be wrong, made up or of another corpus, count as far as they are believed.

The dynamic importance loss of Kuo et al. 2024 (arXiv 2410.21526): a row weighs Q(y|x) / P(y|x), Q
by a judge that was trained on labels that are certain, P by the head as it is now. What only the
judge finds probable has something to teach; what the judge finds improbable is noise.
"""

import torch
from torch import Tensor

from daf_core.heads.sentiment_bins import cross_entropy

MOST = 2.0  # what a row weighs at most: the ratio has no bound


def label_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """(B,) how probable distributions, as logits (B, NUM_BINS), find labels (B,)."""
    return (-cross_entropy(logits, labels)).exp()


def importance(judged: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """(B,) in [0, MOST]: what rows weigh, given the `label_likelihood` of the judge and what the head says;
    rows that nobody judged, NaN, weigh 1.
    """
    ratio = judged / label_likelihood(logits.detach(), labels).clamp_min(1e-9)
    return torch.where(judged.isnan(), 1.0, ratio.clamp_max(MOST))
