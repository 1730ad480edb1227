"""Priors and calibration of modalities: how often the rows of each have each sentiment or class,
and how sure its distributions should be.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import NUM_BINS, cross_entropy, two_hot
from daf_core.training.balance import weights_of_rows
from daf_core.training.rows import Rows

LEAST_SHARE = 1e-3  # of a bin in a prior, so that none is taken for impossible
INVERSE_TEMPERATURES = (0.05, 5.0)  # least and most


class LabelPriors(NamedTuple):
    """Log shares of the sentiments: `modalities` (M, NUM_BINS) of the rows that have each modality,
    `both` (NUM_BINS,) of those that have both. Without such rows the latter lies between the
    former.
    """

    modalities: Tensor
    both: Tensor


def label_priors(train: Iterable[tuple[Rows, float]], weights: Tensor) -> LabelPriors:
    """How often each sentiment occurs among training rows.

    Args:
        train: corpora, each with how often an epoch sees its rows; every worker gives its own.
        weights: (SETS, kinds) of rows by modalities and polarity or class (`balance`).
    """
    counts = torch.zeros(len(MODALITIES) + 1, NUM_BINS, dtype=torch.float64, device=weights.device)
    for rows, times in train:
        own = times * weights_of_rows(weights, rows.present, rows.labels)
        has = torch.cat([rows.present, rows.present.all(dim=1, keepdim=True)], dim=1)
        counts += ((has * own[:, None]).T @ two_hot(rows.labels)).double()
    counts = sum_over_workers(counts)
    shares = counts / counts.sum(dim=1, keepdim=True).clamp_min(1e-9)
    priors = (shares + LEAST_SHARE).log().log_softmax(dim=1).float()
    between = priors[:-1].mean(dim=0).log_softmax(dim=0)
    return LabelPriors(priors[:-1], priors[-1] if counts[-1].sum() else between)


def calibrated(
    logits: Tensor, prior: Tensor, labels: Tensor, weights: Tensor | None = None
) -> tuple[float, float]:
    """The β for which the prior (NUM_BINS,) and β times what the logits (rows, NUM_BINS) add to it
    fit the labels (rows,) best, and the mean cross-entropy with it. Few rows leave β near 1.

    weights: (rows,); None weighs all rows alike.
    """
    from scipy.optimize import minimize_scalar  # takes a second, and scoring needs none of it

    if not len(labels):
        return 1.0, math.inf
    evidence = logits.log_softmax(dim=1) - prior
    weights = torch.ones_like(labels) if weights is None else weights

    def cross_entropy_at(log_beta: float) -> float:
        each = cross_entropy(prior + math.exp(log_beta) * evidence, labels).double()
        return float((each * weights).sum() / weights.sum())

    def loss(log_beta: float) -> float:
        return cross_entropy_at(log_beta) + log_beta**2 / len(labels)

    low, high = map(math.log, INVERSE_TEMPERATURES)
    best = float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
    return math.exp(best), cross_entropy_at(best)
