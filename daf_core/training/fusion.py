"""Fit how a head joins modalities that learned apart: what each usually says, and how far each is
to be believed.
"""

import math
from collections.abc import Iterable

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from daf_core.distributed import gathered, sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.daf import DafHead
from daf_core.heads.sentiment_bins import NUM_BINS, cross_entropy, two_hot
from daf_core.training.balance import weights_of_rows
from daf_core.training.loop import predict
from daf_core.training.rows import Rows
from daf_core.training.state import INVERSE_TEMPERATURES

LEAST_SHARE = 1e-3  # of a bin in a prior, so that none is taken for impossible


def fit_fusion(
    head: nn.Module, train: Iterable[tuple[Rows, float]], valid: Rows, weights: Tensor
) -> None:
    """Fit the fusion of a head whose modalities learned apart; other heads stay as they are.

    Every worker calls it with its own rows.

    Args:
        train: corpora that the head was trained on, each with how often an epoch saw its rows.
        valid: rows that it was not trained on.
        weights: (SETS, POLARITIES) of rows by modalities and polarity, as in the training.
    """
    if not isinstance(head, DafHead):
        return
    counts = torch.zeros(len(MODALITIES) + 1, NUM_BINS, dtype=torch.float64)
    for rows, times in train:
        own = times * weights_of_rows(weights, rows.present, rows.labels)
        has = torch.cat([rows.present, rows.present.all(dim=1, keepdim=True)], dim=1)
        counts += ((has * own[:, None]).T @ two_hot(rows.labels)).double().cpu()
    counts = sum_over_workers(counts.to(valid.labels.device))
    shares = counts / counts.sum(dim=1, keepdim=True).clamp_min(1e-9)
    priors = (shares + LEAST_SHARE).log().log_softmax(dim=1).float()
    head.priors.copy_(priors[:-1])
    head.prior.copy_(priors[-1] if counts[-1].sum() else priors[:-1].mean(dim=0).log_softmax(dim=0))
    head.inverse_temperatures.copy_(_inverse_temperatures(head, valid))


def _inverse_temperatures(head: DafHead, valid: Rows) -> Tensor:
    """(M,) of each modality, on the rows of all workers that have it; 1 where none has."""
    logits = predict(head, valid).unimodal_logits
    assert logits is not None
    every, present, labels = (
        torch.from_numpy(gathered(one.cpu().numpy()))
        for one in (logits, valid.present, valid.labels)
    )
    return torch.tensor(
        [
            _inverse_temperature(every[has, number], head.priors[number].cpu(), labels[has])
            for number, has in enumerate(present.T)
        ]
    )


def _inverse_temperature(logits: Tensor, prior: Tensor, labels: Tensor) -> float:
    """The β for which prior and β times what the logits (rows, NUM_BINS) add to it fit the labels
    best; few rows change it little.
    """
    if not len(labels):
        return 1.0
    evidence = logits.log_softmax(dim=1) - prior

    def loss(log_beta: float) -> float:
        predicted = prior + math.exp(log_beta) * evidence
        return float(cross_entropy(predicted, labels).mean()) + log_beta**2 / len(labels)

    low, high = map(math.log, INVERSE_TEMPERATURES)
    return math.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
