"""What each training worker does: load its rows, fit the head, measure it on every split."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from daf_core.distributed import rank_and_workers, sum_over_workers
from daf_core.embeddings.columns import MODALITIES, ColumnShapes, columns_of
from daf_core.heads import build, columns_read
from daf_core.heads.sentiment_bins import median
from daf_core.measures.calibration import certainty, modalities_had
from daf_core.measures.calibration_values import Calibrations
from daf_core.measures.metrics import regression_metrics
from daf_core.measures.reliability import (
    calibration,
    certainty_metrics,
    interval_reliability,
    polarity_reliability,
)
from daf_core.schemas import SPLITS
from daf_core.training.dataset import Corpus, load_rows
from daf_core.training.group_folds import group_folds
from daf_core.training.label_confidence import label_likelihood
from daf_core.training.loop import State, fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows

# "intervals" (`interval_reliability`) and "polarity" (`polarity_reliability`)
Reliability: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A trained head, how far to believe it and how good it is; the same on every worker.

    reliability: of the test rows, or where there are none of the validation rows.
    """

    module: nn.Module
    streams: ColumnShapes
    calibrations: Calibrations
    metrics: dict[str, dict[str, float]]
    reliability: Reliability
    state: State


def fit_head(
    kind: str,
    corpus: Corpus,
    shapes: ColumnShapes,
    recipe: Recipe,
    device: torch.device,
    *,
    seed: int = 0,
    also: Sequence[Corpus] = (),
    resume: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Fitted:
    """Fit a head of `kind` on embeddings; call on every worker with the same arguments.

    The head gets the columns that its kind uses and some training row has: trained on text alone,
    it ignores audio. Train rows of each of `also` join each step (`fit`); with `recipe.weigh_labels`
    a judge is fitted without them first (`label_confidence.py`). With `recipe.calibrate_for` others are fitted
    after it, each without some of the train rows, and how far to believe the head is learned from
    what these say of them (`group_folds.py`); else from the validation rows.
    """
    shapes = columns_read(kind, shapes)
    rows, more = _load(corpus, also, shapes, device)
    streams = _trained_streams(rows["train"], more, shapes)
    if streams != shapes:
        rows, more = _load(corpus, also, streams, device)
    more = _judged(kind, streams, recipe, seed, device, rows, more)
    head = _new(kind, streams, recipe, seed, device)
    state = fit(
        head,
        rows["train"],
        rows["valid"],
        recipe,
        seed=seed,
        also=more,
        resume=resume,
        after_epoch=after_epoch,
    )
    held_out: Iterable[tuple[nn.Module, Rows]] = [(head, rows["valid"])]
    if recipe.calibrate_for is not None:
        held_out = _folds(
            kind, group_folds(corpus, also, recipe.calibrate_for), streams, recipe, seed, device
        )
    known = _calibrated(held_out)
    measured = {split: _measured(head, rows[split], known) for split in SPLITS}
    metrics = {split: metrics for split, (metrics, _) in measured.items()}
    reliability = measured["test" if metrics["test"] else "valid"][1]
    return Fitted(head.cpu(), streams, known, metrics, reliability, state)


def _new(
    kind: str, streams: ColumnShapes, recipe: Recipe, seed: int, device: torch.device
) -> nn.Module:
    torch.manual_seed(seed)
    return build(kind, streams, recipe.width).to(device)


def _judged(
    kind: str,
    streams: ColumnShapes,
    recipe: Recipe,
    seed: int,
    device: torch.device,
    rows: dict[str, Rows],
    more: list[Rows],
) -> list[Rows]:
    """`more` with what a judge, fitted without them, holds of their labels, if that is asked."""
    if not recipe.weigh_labels:
        return more
    judge = _new(kind, streams, recipe, seed, device)
    fit(judge, rows["train"], rows["valid"], recipe, seed=seed)
    return [
        replace(one, judged=label_likelihood(predict(judge, one).logits, one.labels))
        for one in more
    ]


def _folds(
    kind: str,
    folds: list[tuple[Corpus, list[Corpus]]],
    streams: ColumnShapes,
    recipe: Recipe,
    seed: int,
    device: torch.device,
) -> Iterator[tuple[nn.Module, Rows]]:
    """Heads, each with the rows that it was trained without."""
    for corpus, also in folds:
        rows, more = _load(corpus, also, streams, device)
        more = _judged(kind, streams, recipe, seed, device, rows, more)
        head = _new(kind, streams, recipe, seed, device)
        fit(head, rows["train"], rows["valid"], recipe, seed=seed, also=more)
        yield head, rows["test"]


def _load(
    corpus: Corpus, also: Sequence[Corpus], columns: ColumnShapes, device: torch.device
) -> tuple[dict[str, Rows], list[Rows]]:
    """This worker's rows of each split, and the train rows of each of `also`."""
    share = rank_and_workers()
    rows = {name: part.to(device) for name, part in load_rows(corpus, columns, *share).items()}
    more = [load_rows(other, columns, *share)["train"].to(device) for other in also]
    return rows, more


def _trained_streams(train: Rows, more: list[Rows], shapes: ColumnShapes) -> ColumnShapes:
    present = torch.cat([rows.present for rows in (train, *more)])
    has = sum_over_workers(present.sum(dim=0)) > 0
    known = [name for name, any_row in zip(MODALITIES, has.tolist(), strict=True) if any_row]
    return {column: shape for name in known for column, shape in columns_of(name, shapes).items()}


def _measured(
    head: nn.Module, rows: Rows, known: Calibrations
) -> tuple[dict[str, float], Reliability]:
    """Metrics over the rows of all workers, and how often they are as sure as they claim to be."""
    logits, present, labels = _said(head, rows)
    sentiment, true = median(logits).numpy(), labels.numpy()
    sure = certainty(known, logits, present)
    metrics = regression_metrics(sentiment, true) | certainty_metrics(sure, true)
    intervals = interval_reliability(logits, labels)
    return metrics, {
        "intervals": intervals,
        "polarity": polarity_reliability(sure, true),
    }


def _calibrated(held_out: Iterable[tuple[nn.Module, Rows]]) -> Calibrations:
    """Of every set of modalities that rows of any worker have, the others hidden; from heads and
    rows that they were not trained on.
    """
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for head, rows in held_out:
        for had in itertools.product((True, False), repeat=len(MODALITIES)):
            shown = torch.tensor(had, device=rows.present.device)
            index = (rows.present | ~shown).all(dim=1).nonzero()[:, 0]
            if not any(had) or not sum_over_workers(torch.tensor(len(index), device=index.device)):
                continue
            part = rows.only(index)
            part = replace(part, present=part.present & shown)
            logits, _, labels = _said(head, part)
            found.setdefault(modalities_had(shown), []).append((logits, labels))
    joined = {name: map(torch.cat, zip(*said, strict=True)) for name, said in found.items()}
    return {name: calibration(*said) for name, said in joined.items()}


def _said(head: nn.Module, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """What the head says of the rows of all workers, what these have, and their labels."""
    own = tuple(x.cpu().numpy() for x in (predict(head, rows).logits, rows.present, rows.labels))
    gathered: list[Any] = [own]
    if dist.is_initialized():
        gathered = [None] * dist.get_world_size()
        dist.all_gather_object(gathered, own)
    logits, present, labels = (
        torch.from_numpy(np.concatenate(arrays)) for arrays in zip(*gathered, strict=True)
    )
    return logits, present, labels
