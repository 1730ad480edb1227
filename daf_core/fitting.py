"""What each training worker does: load its rows, fit the head, measure it on every split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from daf_core.dataset import Corpus, load_rows
from daf_core.heads import build, columns_read
from daf_core.metrics import regression_metrics
from daf_core.modalities import MODALITIES, Streams, columns_of
from daf_core.rows import Rows
from daf_core.schemas import SPLITS
from daf_core.training import Recipe, State, fit, predict
from daf_core.workers import rank_and_workers, sum_over_workers


@dataclass(frozen=True)
class Fitted:
    """A trained head and how good it is; the same on every worker."""

    module: nn.Module
    streams: Streams
    metrics: dict[str, dict[str, float]]
    state: State


def fit_head(
    kind: str,
    corpus: Corpus,
    shapes: Streams,
    recipe: Recipe,
    device: torch.device,
    *,
    also: Corpus | None = None,
    resume: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Fitted:
    """Fit a head of `kind` on embeddings; call on every worker with the same arguments.

    The head gets the columns that its kind uses and some training row has: trained on text alone,
    it ignores audio. Train rows of `also` join each step (`fit`).
    """
    shapes = columns_read(kind, shapes)
    rows, more = _load(corpus, also, shapes, device)
    streams = _trained_streams(rows["train"], more, shapes)
    if streams != shapes:
        rows, more = _load(corpus, also, streams, device)
    torch.manual_seed(recipe.seed)
    head = build(kind, streams, recipe.width).to(device)
    state = fit(
        head,
        rows["train"],
        rows["valid"],
        recipe,
        also=more,
        resume=resume,
        after_epoch=after_epoch,
    )
    metrics = {split: _measure(head, rows[split]) for split in SPLITS}
    return Fitted(head.cpu(), streams, metrics, state)


def _load(
    corpus: Corpus, also: Corpus | None, columns: Streams, device: torch.device
) -> tuple[dict[str, Rows], Rows | None]:
    """This worker's rows of each split, and the train rows of `also`."""
    share = rank_and_workers()
    rows = {name: part.to(device) for name, part in load_rows(corpus, columns, *share).items()}
    more = None if also is None else load_rows(also, columns, *share)["train"].to(device)
    return rows, more


def _trained_streams(train: Rows, more: Rows | None, shapes: Streams) -> Streams:
    present = train.present if more is None else torch.cat([train.present, more.present])
    has = sum_over_workers(present.sum(dim=0)) > 0
    known = [name for name, any_row in zip(MODALITIES, has.tolist(), strict=True) if any_row]
    return {column: shape for name in known for column, shape in columns_of(name, shapes).items()}


def _measure(head: nn.Module, rows: Rows) -> dict[str, float]:
    """Metrics over the rows of all workers."""
    own = (predict(head, rows).sentiment.cpu().numpy(), rows.labels.cpu().numpy())
    gathered: list[Any] = [own]
    if dist.is_initialized():
        gathered = [None] * dist.get_world_size()
        dist.all_gather_object(gathered, own)
    predicted, labels = (np.concatenate(arrays) for arrays in zip(*gathered, strict=True))
    return regression_metrics(predicted, labels)
