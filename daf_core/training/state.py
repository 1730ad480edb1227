"""The state of a training: how far it came, and the best weights so far."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from daf_core.distributed import gathered_tensor
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.apart import WHOLE, parts_apart
from daf_core.heads.ensemble import members_of
from daf_core.heads.parts import Prediction
from daf_core.heads.sentiment_bins import are_classes, cross_entropy, median
from daf_core.training.balance import weights_of_rows
from daf_core.training.evidence import LabelPriors, calibrated
from daf_core.training.rows import Rows


@dataclass
class State:
    """The state of a training after an epoch, enough to resume from: plain tensors and numbers.

    best_epochs, best_losses: by part of the head that learns apart (`parts_apart`), or of WHOLE,
    all of a head without such parts; of an ensemble by member and part;
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
    head: nn.Module, prediction: Prediction, rows: Rows, weights: Tensor, priors: LabelPriors
) -> dict[str, Judgement]:
    """A judgement of each part of the head, on the rows of all workers, weighted by modalities and
    polarity or class.

    The loss of a head that learns as a whole is its error. That of a part that learns apart is the
    cross-entropy of its calibrated distributions, on the rows that have its modality, or both: a
    fusion reads distributions, and their cross-entropy is less noisy than the MAE of few speakers.
    Where there are no such rows, the part is judged by the whole head.
    """
    row_weights = weights_of_rows(weights, rows.present, rows.labels)
    logits, present, labels, counted = map(
        gathered_tensor, (prediction.logits, rows.present, rows.labels, row_weights)
    )
    error = _weighted_error(logits, labels, counted)
    whole_head = Judgement(error, error)
    found = {}
    for name in parts_apart(head):
        told, own, prior = _of_part(name, prediction, present, priors)
        if own.any():
            told, true, weight = told[own], labels[own], counted[own]
            _, loss = calibrated(told, prior.cpu(), true, weight)
            found[name] = Judgement(loss, _weighted_error(told, true, weight))
        else:
            found[name] = whole_head
    return found or {WHOLE: whole_head}


def _of_part(
    name: str, prediction: Prediction, present: Tensor, priors: LabelPriors
) -> tuple[Tensor, Tensor, Tensor]:
    """What a part predicts for the rows of all workers, which rows it is for, and their prior."""
    if name == WHOLE:
        assert prediction.whole is not None
        return gathered_tensor(prediction.whole.logits), present.all(dim=1), priors.both
    assert prediction.apart_logits is not None
    number = MODALITIES.index(name)
    told = gathered_tensor(prediction.apart_logits[:, number])
    return told, present[:, number], priors.modalities[number]


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
