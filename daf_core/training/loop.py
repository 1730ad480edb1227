"""Fit a head on embeddings: one process or several, same batches, same result to rounding.

Every worker holds its share of the rows (global row g lives on worker g mod N) and walks through
the same shuffled global batches; gradients are summed over workers, so a step equals the one that
a single worker would take on the whole batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from daf_core.distributed import rank_and_workers, sum_gradients, sum_over_workers
from daf_core.heads.parts import DropoutMasks, Features, Prediction
from daf_core.heads.sentiment_bins import cross_entropy
from daf_core.schemas import POLARITIES, polarity_number
from daf_core.training.label_confidence import importance
from daf_core.training.recipe import Recipe
from daf_core.training.rows import CHUNK_ROWS, Rows, joined, standardise, standardised
from daf_core.training.virtual_adversarial import vat_loss


@dataclass
class State:
    """Everything needed to go on after a lost worker: plain tensors and numbers."""

    epoch: int
    head: dict[str, Tensor]
    optimiser: dict[str, Any]
    best_epoch: int
    best_mae: float
    best_head: dict[str, Tensor]
    history: list[dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """For `torch.save`; read back with `State(**torch.load(..., weights_only=True))`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def fit(
    head: nn.Module,
    train: Rows,
    valid: Rows,
    recipe: Recipe,
    *,
    seed: int = 0,
    also: Sequence[Rows] = (),
    resume: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> State:
    """Train until validation MAE has not improved for `patience` epochs; head ends at its best.
    With `recipe.balance` both the loss and the MAE are weighted.

    Call with the same arguments on every worker of `torch.distributed`, or without it. Of each of
    `also`, rows of other corpora, which may lack a modality, `recipe.also_rows` join each step,
    drawn with replacement; an epoch is a pass over `train`.

    Returns:
        The last state; `history` has epoch, train_loss and valid_mae per epoch.
    """
    recipe = recipe.resolve(_rows_of_all(train))
    assert recipe.learning_rate is not None
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    if resume is None:
        standardise(head, train, *also)
        state = State(-1, {}, {}, -1, float("inf"), _copy(head), [])
    else:
        state = resume
        head.load_state_dict(state.head)
        optimiser.load_state_dict(state.optimiser)
    train, valid = standardised(head, train), standardised(head, valid)
    weights = _polarity_weights(train, recipe)
    also = [standardised(head, rows) for rows in also]
    while state.epoch + 1 < recipe.epochs and state.epoch - state.best_epoch < recipe.patience:
        state.epoch += 1
        loss = _train_epoch(
            head, optimiser, train, also, weights, recipe, _mixed(seed, state.epoch)
        )
        mae = _mean_absolute_error(head, valid, _polarity_weights(valid, recipe))
        state.history.append({"epoch": state.epoch, "train_loss": loss, "valid_mae": mae})
        if mae < state.best_mae:
            state.best_epoch, state.best_mae, state.best_head = state.epoch, mae, _copy(head)
        state.head, state.optimiser = _copy(head), optimiser.state_dict()
        after_epoch(state)
    head.load_state_dict(state.best_head)
    return state


@torch.no_grad()
def predict(head: nn.Module, rows: Rows, weights: Tensor | None = None) -> Prediction:
    """What the head says of these rows; or would, with `weights`."""
    if weights is None:
        said = [head(chunk) for chunk in rows.chunks()]
    else:
        given = torch.split(weights, CHUNK_ROWS)
        said = [head(chunk, own) for chunk, own in zip(rows.chunks(), given, strict=True)]
    return Prediction(
        torch.cat([one.logits for one in said]),
        _whole([one.weights for one in said]),
        _whole([one.side_logits for one in said]),
    )


def _mean_absolute_error(head: nn.Module, rows: Rows, weights: Tensor) -> float:
    """Weighted MAE over the rows of all workers."""
    difference = predict(head, rows).sentiment - rows.labels
    own = weights[polarity_number(rows.labels)].double()
    total, weight = sum_over_workers(torch.stack([(difference.abs() * own).sum(), own.sum()]))
    return float(total / weight)


def _polarity_weights(rows: Rows, recipe: Recipe) -> Tensor:
    """(POLARITIES,) what a row of each polarity weighs; on average over the rows it is 1."""
    if not recipe.balance:
        return torch.ones(len(POLARITIES), device=rows.labels.device)
    number = polarity_number(rows.labels)
    count = sum_over_workers(torch.bincount(number, minlength=len(POLARITIES)).double())
    return (count.sum() / (count > 0).sum() / count.clamp_min(1)).float()


def _train_epoch(
    head: nn.Module,
    optimiser: torch.optim.Optimizer,
    train: Rows,
    also: Sequence[Rows],
    weights: Tensor,
    recipe: Recipe,
    seed: int,
) -> float:
    """One pass over the global batches of an epoch; returns the mean loss per row."""
    losses = torch.zeros(2, dtype=torch.float64, device=train.labels.device)
    for features, labels, judged, rows in _steps(train, also, recipe, seed):
        loss = loss_of(head, features, labels, weights, recipe, judged) / rows
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        sum_gradients(head)
        optimiser.step()
        losses += torch.stack([loss.detach() * rows, loss.new_tensor(len(labels))])
    summed, rows = sum_over_workers(losses).tolist()
    return float(summed / max(rows, 1))


def _steps(
    train: Rows, also: Sequence[Rows], recipe: Recipe, seed: int
) -> Iterator[tuple[Features, Tensor, Tensor | None, int]]:
    """This worker's rows of each global batch of the epoch with this seed, their labels, what a judge holds of
    these, and the rows of all.
    """
    device = train.labels.device
    rank, workers = rank_and_workers()
    assert recipe.batch_rows is not None
    shuffle = torch.Generator().manual_seed(seed)
    masks = torch.Generator(device).manual_seed(seed)
    total = _rows_of_all(train)
    others = [(rows, count) for rows in also if (count := _rows_of_all(rows))]
    order = torch.randperm(total, generator=shuffle)
    for batch in order.tensor_split(tuple(range(recipe.batch_rows, total, recipe.batch_rows))):
        drawn = [(train, batch)]
        for other, count in others:
            drawn.append((other, torch.randint(count, (recipe.also_rows,), generator=shuffle)))
        mine, own, rows = [], [], 0
        for corpus, index in drawn:
            share = (index % workers == rank).nonzero()[:, 0]
            mine.append((corpus, (index[share] // workers).to(device)))
            own.append(share + rows)
            rows += len(index)
        noise = DropoutMasks(masks, rows, torch.cat(own).to(device))
        features = joined([corpus.take(index) for corpus, index in mine], noise)
        labels = torch.cat([corpus.labels[index] for corpus, index in mine])
        yield features, labels, _judged(mine), rows


def _judged(drawn: list[tuple[Rows, Tensor]]) -> Tensor | None:
    """A judge's label_likelihood in the labels of these rows, NaN where they are certain; None if all are."""
    if all(corpus.judged is None for corpus, _ in drawn):
        return None
    certain = (corpus.labels.new_full((len(index),), torch.nan) for corpus, index in drawn)
    found = [
        nan if corpus.judged is None else corpus.judged[index]
        for nan, (corpus, index) in zip(certain, drawn, strict=True)
    ]
    return torch.cat(found)


def _mixed(seed: int, epoch: int) -> int:
    """The seed of one epoch."""
    return seed * 100_003 + epoch


def _rows_of_all(rows: Rows) -> int:
    """Rows of all workers."""
    return int(sum_over_workers(torch.tensor(len(rows.labels), device=rows.labels.device)).item())


def loss_of(
    head: nn.Module,
    features: Features,
    labels: Tensor,
    weights: Tensor,
    recipe: Recipe,
    judged: Tensor | None = None,
) -> Tensor:
    """Summed cross-entropy of these rows, each weighted as its polarity and as far as a judge
    believes its label; beside it that of each modality's own answer, and what else the head or the
    recipe asks for.
    """
    features = _drop_modalities(features, recipe.modality_dropout)
    prediction: Prediction = head(features)
    loss = cross_entropy(prediction.logits, labels)
    if prediction.side_logits is not None:
        alone = cross_entropy(prediction.side_logits, labels) * features.present
        loss = loss + recipe.side_loss * alone.sum(dim=1)
    if prediction.extra_loss is not None:
        loss = loss + prediction.extra_loss
    if recipe.adversarial:
        loss = loss + vat_loss(head, features, recipe.adversarial)
    if judged is not None:
        loss = loss * importance(judged, prediction.logits, labels)
    return loss @ weights[polarity_number(labels)]


def _drop_modalities(features: Features, share: float) -> Features:
    """Hide one modality, either with equal chance, of a share of the rows that have both."""
    assert features.noise is not None
    drawn = features.noise.uniform(1)
    hide = torch.cat([drawn < share / 2, drawn >= 1 - share / 2], dim=1)
    both = features.present.all(dim=1, keepdim=True)
    return replace(features, present=features.present & ~(hide & both))


def _whole(pieces: list[Tensor | None]) -> Tensor | None:
    """What a head says of all rows, if it says it."""
    there = [piece for piece in pieces if piece is not None]
    return torch.cat(there) if there else None


def _copy(head: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in head.state_dict().items()}
