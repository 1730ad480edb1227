"""Weights of rows by which every polarity counts the same; of classes, every class."""

import torch
from torch import Tensor

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import NUM_BINS, are_classes
from daf_core.schemas import POLARITIES, polarity_number
from daf_core.training.rows import Rows

SETS = 2 ** len(MODALITIES)  # of modalities, the empty one too


def even_weights(rows: Rows) -> Tensor:
    """(SETS, kinds) ones: every row counts the same."""
    return torch.ones(SETS, _kinds(rows.labels), device=rows.labels.device)


def balancing_weights(rows: Rows) -> Tensor:
    """(SETS, kinds) the weight of a row with these modalities and of this kind: its polarity, or
    its class.

    In each set of modalities every kind of the rows of all workers has the same weight, and the
    mean weight is 1: corpora of words alone and of voices alone may differ in what is rare.
    """
    kinds = _kinds(rows.labels)
    cell = _set_number(rows.present) * kinds + _kind_number(rows.labels)
    counts = torch.bincount(cell, minlength=SETS * kinds).double()
    count = sum_over_workers(counts).reshape(SETS, kinds)
    found = (count > 0).sum(dim=1, keepdim=True).clamp_min(1)
    return (count.sum(dim=1, keepdim=True) / found / count.clamp_min(1)).float()


def weights_of_rows(weights: Tensor, present: Tensor, labels: Tensor) -> Tensor:
    """(rows,) the weights of rows with modalities `present` (rows, M) and these labels (rows,)."""
    return weights[_set_number(present), _kind_number(labels)]


def _kinds(labels: Tensor) -> int:
    """How many kinds of rows there may be."""
    return NUM_BINS if are_classes(labels) else len(POLARITIES)


def _kind_number(labels: Tensor) -> Tensor:
    """(rows,) the number of the kind of each row."""
    return labels if are_classes(labels) else polarity_number(labels)


def _set_number(present: Tensor) -> Tensor:
    """(rows,) a number for the set of modalities that each row has."""
    places = 2 ** torch.arange(present.shape[1], device=present.device)
    return present.long() @ places
