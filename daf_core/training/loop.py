"""Fit a head on embeddings, with one worker or several: the same batches, the same result up to
rounding.

Worker g mod N of N holds global row g. All workers go through the same shuffled global batches and
sum their gradients, so each step equals the step of a single worker on the whole batch.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from daf_core.distributed import rank_and_workers, sum_gradients, sum_over_workers
from daf_core.heads.ensemble import members_of
from daf_core.heads.parts import DropoutMasks, Features, Prediction
from daf_core.training.balance import balancing_weights, even_weights
from daf_core.training.evidence import LabelPriors, label_priors
from daf_core.training.loss import loss_of
from daf_core.training.recipe import Recipe
from daf_core.training.rows import CHUNK_ROWS, Rows, joined, standardise, standardised
from daf_core.training.state import Judgement, State, error_name, judged, keep_best


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
    """Train until the validation loss has not improved for `patience` epochs; the head ends with
    its best weights. The validation loss is the MAE, of classes the cross-entropy; parts of a head
    that learn apart have one each (`state.judged`), each keeps its own best weights, and training
    goes on while any improves. With `recipe.balance` losses are weighted by polarity or class.

    Every worker of `torch.distributed` calls it with the same arguments but its own rows. An epoch
    is one pass over `train`. Each step also takes `recipe.also_rows` rows of each of `also`, rows
    of other corpora that may lack a modality, drawn with replacement.

    Args:
        seed: of batches and dropout; the head comes with its initial weights.
        resume: state to continue from; None starts with standardising the head's columns.
        after_epoch: called with the state of each epoch.

    Returns:
        The last state; `history` has epoch, train_loss and `error_name` of each epoch.
    """
    recipe = recipe.resolve(rows_of_all(train))
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    if resume is None:
        standardise(head, train, *also)
        state = State(-1, {}, {}, {}, {}, _copy(head), [])
    else:
        state = resume
        head.load_state_dict(state.head)
        optimiser.load_state_dict(state.optimiser)
    average = _running_mean(head, recipe, state)
    kept = head if average is None else average.module
    train, valid = standardised(head, train), standardised(head, valid)
    weights, valid_weights = row_weights(train, recipe), row_weights(valid, recipe)
    priors = label_priors(seen_in_epoch(train, also, recipe), weights)
    also = [standardised(head, rows) for rows in also]
    while state.epoch + 1 < recipe.epochs and state.epoch - state.best_epoch < recipe.patience:
        state.epoch += 1
        loss = _train_epoch(
            head, average, optimiser, train, also, weights, recipe, _epoch_seed(seed, state.epoch)
        )
        found = judge(kept, valid, valid_weights, priors)
        error = sum(one.error for one in found.values()) / len(found)
        epoch = {"epoch": state.epoch, "train_loss": loss, error_name(valid.labels): error}
        state.history.append(epoch)
        keep_best(state, kept, found)
        state.head, state.optimiser = _copy(head), optimiser.state_dict()
        state.average = None if average is None else _copy(average)
        after_epoch(state)
    head.load_state_dict(state.best_head)
    return state


def judge(
    head: nn.Module, valid: Rows, weights: Tensor, priors: LabelPriors
) -> dict[str, Judgement]:
    """`judged` of every member of the head, on validation rows: how the names of the tensors of a
    member start, and its part → judgement.
    """
    return {
        f"{start}{part}": found
        for start, member in members_of(head).items()
        for part, found in judged(member, predict(member, valid), valid, weights, priors).items()
    }


@torch.no_grad()
def predict(head: nn.Module, rows: Rows, weights: Tensor | None = None) -> Prediction:
    """The head's prediction for all rows; `weights` (rows, M) replace its own modality weights."""
    if weights is None:
        pieces = [head(chunk) for chunk in rows.chunks()]
    else:
        given = torch.split(weights, CHUNK_ROWS)
        pieces = [head(chunk, own) for chunk, own in zip(rows.chunks(), given, strict=True)]
    whole = _joined([piece.whole and piece.whole.logits for piece in pieces])
    return Prediction(
        torch.cat([piece.logits for piece in pieces]),
        _joined([piece.weights for piece in pieces]),
        _joined([piece.unimodal_logits for piece in pieces]),
        _joined([piece.apart_logits for piece in pieces]),
        None if whole is None else Prediction(whole),
        _joined([piece.sureness for piece in pieces]),
    )


def _running_mean(head: nn.Module, recipe: Recipe, state: State) -> AveragedModel | None:
    """The running mean of the weights of `head`, as far as `state` has come; None without one."""
    if not recipe.average:
        return None
    mean = get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]
    average = AveragedModel(head, multi_avg_fn=mean)
    if state.average is not None:
        average.load_state_dict(state.average)
    return average


def _train_epoch(
    head: nn.Module,
    average: AveragedModel | None,
    optimiser: torch.optim.Optimizer,
    train: Rows,
    also: Sequence[Rows],
    weights: Tensor,
    recipe: Recipe,
    seed: int,
) -> float:
    """One pass over the global batches of an epoch; returns the mean loss of a row."""
    losses = torch.zeros(2, dtype=torch.float64, device=train.labels.device)
    for features, labels, likelihood, rows in _steps(train, also, recipe, seed):
        losses_of_members = [
            loss_of(member, features, labels, weights, recipe, likelihood)
            for member in members_of(head).values()
        ]
        loss = torch.stack(losses_of_members).mean() / rows
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        sum_gradients(head)
        optimiser.step()
        if average is not None:
            average.update_parameters(head)
        losses += torch.stack([loss.detach() * rows, loss.new_tensor(len(labels))])
    summed, rows = sum_over_workers(losses).tolist()
    return float(summed / max(rows, 1))


def _steps(
    train: Rows, also: Sequence[Rows], recipe: Recipe, seed: int
) -> Iterator[tuple[Features, Tensor, Tensor | None, int]]:
    """The steps of the epoch with this seed.

    Returns:
        For each global batch: features and labels of this worker's rows, the labels' likelihoods by
        the reference head (NaN or None where labels are reliable), and the batch's number of rows.
    """
    device = train.labels.device
    rank, workers = rank_and_workers()
    assert recipe.batch_rows is not None
    shuffle = torch.Generator().manual_seed(seed)
    masks = torch.Generator(device).manual_seed(seed)
    total = rows_of_all(train)
    others = [(rows, count) for rows in also if (count := rows_of_all(rows))]
    order = torch.randperm(total, generator=shuffle)
    for batch in order.tensor_split(tuple(range(recipe.batch_rows, total, recipe.batch_rows))):
        drawn = [(train, batch)]
        for other, count in others:
            drawn.append((other, torch.randint(count, (recipe.also_rows,), generator=shuffle)))
        own_rows, places, rows = [], [], 0
        for corpus, index in drawn:
            own = (index % workers == rank).nonzero()[:, 0]
            own_rows.append((corpus, (index[own] // workers).to(device)))
            places.append(own + rows)
            rows += len(index)
        dropout_masks = DropoutMasks(masks, rows, torch.cat(places).to(device))
        features = joined([corpus.features(index) for corpus, index in own_rows], dropout_masks)
        labels = torch.cat([corpus.labels[index] for corpus, index in own_rows])
        yield features, labels, _label_likelihoods(own_rows), rows


def _label_likelihoods(drawn: list[tuple[Rows, Tensor]]) -> Tensor | None:
    """Likelihoods of the labels of rows by the reference head, NaN for reliable labels; None if all
    labels are reliable.
    """
    if all(corpus.label_likelihood is None for corpus, _ in drawn):
        return None
    device = drawn[0][0].labels.device
    reliable = (torch.full((len(index),), torch.nan, device=device) for _, index in drawn)
    found = [
        nan if corpus.label_likelihood is None else corpus.label_likelihood[index]
        for nan, (corpus, index) in zip(reliable, drawn, strict=True)
    ]
    return torch.cat(found)


def _epoch_seed(seed: int, epoch: int) -> int:
    """The seed of one epoch."""
    return seed * 100_003 + epoch


def row_weights(rows: Rows, recipe: Recipe) -> Tensor:
    """(SETS, kinds) weights of rows by modalities and kind (`balance`), as the recipe asks."""
    return (balancing_weights if recipe.balance else even_weights)(rows)


def seen_in_epoch(train: Rows, also: Sequence[Rows], recipe: Recipe) -> list[tuple[Rows, float]]:
    """The corpora that have rows, each with how often an epoch sees a row of it on average."""
    total = rows_of_all(train)
    batch_rows = recipe.resolve(total).batch_rows
    assert batch_rows is not None
    drawn = recipe.also_rows * math.ceil(total / batch_rows)  # of each of `also`
    others = [(one, drawn / count) for one in also if (count := rows_of_all(one))]
    return [(train, 1.0), *others]


def rows_of_all(rows: Rows) -> int:
    """Rows of all workers."""
    return int(sum_over_workers(torch.tensor(len(rows.labels), device=rows.labels.device)).item())


def _joined(pieces: list[Tensor | None]) -> Tensor | None:
    """The pieces in one tensor; None if the head does not predict them."""
    there = [piece for piece in pieces if piece is not None]
    return torch.cat(there) if there else None


def _copy(head: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in head.state_dict().items()}
