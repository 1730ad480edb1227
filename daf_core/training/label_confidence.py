"""Rows whose labels may be wrong are weighted by how plausible their labels are.

The dynamic importance loss of Kuo et al. 2024 (arXiv 2410.21526): a row weighs Q(y|x) / P(y|x),
where Q is the likelihood of its label by a reference head, trained on reliable labels alone, and P
the likelihood by the head in training. A label that only the reference finds likely has something
to teach; a label that the reference finds unlikely is noise.
"""

import torch
from torch import Tensor

from daf_core.heads.sentiment_bins import cross_entropy

MAX_CONFIDENCE = 2.0  # the ratio itself has no bound


def label_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """The likelihood (B,) in [0, 1] of labels (B,) by distributions, as logits (B, NUM_BINS)."""
    return (-cross_entropy(logits, labels)).exp()


def label_confidence(reference: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """The weight (B,) in [0, MAX_CONFIDENCE] of each row in the loss.

    Args:
        reference: (B,) label likelihoods by the reference head; NaN for reliable labels, whose
            weight is 1.
        logits: (B, NUM_BINS) by the head in training.
        labels: (B,) in [-3, 3], or numbers of classes.
    """
    ratio = reference / label_likelihood(logits.detach(), labels).clamp_min(1e-9)
    return torch.where(reference.isnan(), 1.0, ratio.clamp_max(MAX_CONFIDENCE))
