"""Weights of rows by which every polarity counts the same."""

import torch
from torch import Tensor

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.schemas import POLARITIES, polarity_number
from daf_core.training.rows import Rows

SETS = 2 ** len(MODALITIES)  # of modalities, the empty one too


def even_weights(rows: Rows) -> Tensor:
    """(SETS, POLARITIES) ones: every row counts the same."""
    return torch.ones(SETS, len(POLARITIES), device=rows.labels.device)


def balancing_weights(rows: Rows) -> Tensor:
    """(SETS, POLARITIES) the weight of a row with these modalities and this polarity.

    In each set of modalities every polarity of the rows of all workers has the same weight, and the
    mean weight is 1: corpora of words alone and of voices alone may differ in what is rare.
    """
    cell = _set_number(rows.present) * len(POLARITIES) + polarity_number(rows.labels)
    counts = torch.bincount(cell, minlength=SETS * len(POLARITIES)).double()
    count = sum_over_workers(counts).reshape(SETS, len(POLARITIES))
    found = (count > 0).sum(dim=1, keepdim=True).clamp_min(1)
    return (count.sum(dim=1, keepdim=True) / found / count.clamp_min(1)).float()


def weights_of_rows(weights: Tensor, present: Tensor, labels: Tensor) -> Tensor:
    """(rows,) the weights of rows with modalities `present` (rows, M) and these labels (rows,)."""
    return weights[_set_number(present), polarity_number(labels)]


def _set_number(present: Tensor) -> Tensor:
    """(rows,) a number for the set of modalities that each row has."""
    places = 2 ** torch.arange(present.shape[1], device=present.device)
    return present.long() @ places
