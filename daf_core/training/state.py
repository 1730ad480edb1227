"""The state of a training: how far it came, and the best weights so far."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import Prediction, parts_apart
from daf_core.training.balance import weights_of_rows
from daf_core.training.rows import Rows

WHOLE = "whole"  # the one part of a head that learns as a whole


@dataclass
class State:
    """The state of a training after an epoch, enough to resume from: plain tensors and numbers.

    best_epochs, best_maes: by part of the head that learns apart (`parts_apart`), or of WHOLE;
    best_head: each part as it was after its best epoch; history: epoch, train_loss and valid_mae,
    the mean of the parts.
    """

    epoch: int
    head: dict[str, Tensor]
    optimiser: dict[str, Any]
    best_epochs: dict[str, int]
    best_maes: dict[str, float]
    best_head: dict[str, Tensor]
    history: list[dict[str, float]]
    average: dict[str, Tensor] | None = None

    @property
    def best_epoch(self) -> int:
        """The last epoch in which a part became better; -1: none did."""
        return max(self.best_epochs.values(), default=-1)

    @property
    def best_mae(self) -> float:
        """The mean of the parts' lowest validation MAEs."""
        return sum(self.best_maes.values()) / len(self.best_maes)

    def as_dict(self) -> dict[str, Any]:
        """For `torch.save`; read back with `State(**torch.load(..., weights_only=True))`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def validation_errors(
    head: nn.Module, prediction: Prediction, rows: Rows, weights: Tensor
) -> dict[str, float]:
    """The weighted MAE over the rows of all workers, by part of the head: over those that have its
    modality, or over all where none has it.
    """
    own = weights_of_rows(weights, rows.present, rows.labels).double()
    difference = (prediction.sentiment - rows.labels).abs()
    parts = {WHOLE: (difference, own)}
    if apart := parts_apart(head):
        alone = prediction.unimodal_sentiment
        assert alone is not None
        for name in apart:
            number = MODALITIES.index(name)
            parts[name] = (alone[:, number] - rows.labels).abs(), own * rows.present[:, number]
    sums = torch.stack(
        [torch.stack([(error * weight).sum(), weight.sum()]) for error, weight in parts.values()]
    )
    sums = sum_over_workers(sums)
    total, weight = torch.where(sums[:, 1:] > 0, sums, sums[:1]).T
    found = dict(zip(parts, (total / weight).tolist(), strict=True))
    return {name: found[name] for name in apart} if apart else found


def keep_best(state: State, head: nn.Module, errors: dict[str, float]) -> None:
    """Note those parts of the head that are better than in all earlier epochs."""
    tensors = head.state_dict()
    for part, start in (parts_apart(head) or {WHOLE: ""}).items():
        if errors[part] < state.best_maes.get(part, float("inf")):
            state.best_epochs[part], state.best_maes[part] = state.epoch, errors[part]
            state.best_head |= {
                name: value.detach().clone()
                for name, value in tensors.items()
                if name.startswith(start)
            }
