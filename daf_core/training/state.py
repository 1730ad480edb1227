"""The state of a training: how far it came, and the best weights so far."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from daf_core.distributed import gathered_tensor
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.ensemble import members_of
from daf_core.heads.parts import Prediction, parts_apart
from daf_core.heads.sentiment_bins import are_classes, cross_entropy, median
from daf_core.training.balance import weights_of_rows
from daf_core.training.evidence import calibrated
from daf_core.training.rows import Rows

WHOLE = "whole"  # the one part of a head that learns as a whole


@dataclass
class State:
    """The state of a training after an epoch, enough to resume from: plain tensors and numbers.

    best_epochs, best_losses: by part of the head that learns apart (`parts_apart`), or of WHOLE; of
    an ensemble by member and part;
    best_head: each part as it was after its best epoch; history: epoch, train_loss and valid_mae
    (of classes valid_cross_entropy), the mean of the parts.
    """

    epoch: int
    head: dict[str, Tensor]
    optimiser: dict[str, Any]
    best_epochs: dict[str, int]
    best_losses: dict[str, float]
    best_head: dict[str, Tensor]
    history: list[dict[str, float]]
    average: dict[str, Tensor] | None = None

    @property
    def best_epoch(self) -> int:
        """The last epoch in which a part became better; -1: none did."""
        return max(self.best_epochs.values(), default=-1)

    @property
    def best_mae(self) -> float:
        """The lowest validation MAE of an epoch."""
        return min(one["valid_mae"] for one in self.history)

    def as_dict(self) -> dict[str, Any]:
        """For `torch.save`; read back with `State(**torch.load(..., weights_only=True))`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Judgement:
    """A part of a head on validation rows: the loss by which its best epoch is chosen, and its
    error: the MAE, of classes the cross-entropy.
    """

    loss: float
    error: float


def judged(
    head: nn.Module, prediction: Prediction, rows: Rows, weights: Tensor, priors: Tensor
) -> dict[str, Judgement]:
    """A judgement of each part of the head, on the rows of all workers, weighted by modalities and
    polarity or class.

    The loss of a head that learns as a whole is its error. That of a part that learns apart is the
    cross-entropy of its calibrated distributions, on the rows that have its modality: a fusion
    reads distributions, and their cross-entropy is less noisy than the MAE of few speakers. Where
    no row has the modality, the part is judged by the whole.

    priors: (M, NUM_BINS) as `label_priors` gives them.
    """
    row_weights = weights_of_rows(weights, rows.present, rows.labels)
    logits, present, labels, counted = map(
        gathered_tensor, (prediction.logits, rows.present, rows.labels, row_weights)
    )
    error = _weighted_error(logits, labels, counted)
    whole = Judgement(error, error)
    apart = parts_apart(head)
    if not apart:
        return {WHOLE: whole}
    assert prediction.apart_logits is not None
    apart_logits, found = gathered_tensor(prediction.apart_logits), {}
    for name in apart:
        number = MODALITIES.index(name)
        own = present[:, number]
        if own.any():
            told, true, weight = apart_logits[own, number], labels[own], counted[own]
            _, loss = calibrated(told, priors[number].cpu(), true, weight)
            found[name] = Judgement(loss, _weighted_error(told, true, weight))
        else:
            found[name] = whole
    return found


def keep_best(state: State, head: nn.Module, found: dict[str, Judgement]) -> None:
    """Note those parts of the head that are better than in all earlier epochs."""
    tensors = head.state_dict()
    for part, start in _starts_of_parts(head):
        if found[part].loss < state.best_losses.get(part, float("inf")):
            state.best_epochs[part], state.best_losses[part] = state.epoch, found[part].loss
            state.best_head |= {
                name: value.detach().clone()
                for name, value in tensors.items()
                if name.startswith(start)
            }


def _starts_of_parts(head: nn.Module) -> Iterator[tuple[str, str]]:
    """Each part of each member, and how the names of its tensors start."""
    for member, module in members_of(head).items():
        for part, start in (parts_apart(module) or {WHOLE: ""}).items():
            yield f"{member}{part}", f"{member}{start}"


def error_name(labels: Tensor) -> str:
    """What `State.history` calls the mean error of such labels."""
    return "valid_cross_entropy" if are_classes(labels) else "valid_mae"


def _weighted_error(logits: Tensor, labels: Tensor, weights: Tensor) -> float:
    if are_classes(labels):  # a share of right classes would be the same in many epochs
        errors = cross_entropy(logits, labels).double()
    else:
        errors = (median(logits) - labels).abs().double()
    return float((errors * weights).sum() / weights.sum())
