"""What each training worker does: load its rows, fit the head, measure it on every split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from daf_core.dataset import Splits, load_rows
from daf_core.heads import build
from daf_core.heads.streams import MODALITIES, Streams, columns_of
from daf_core.metrics import regression_metrics
from daf_core.runs import Output
from daf_core.schemas import SPLITS
from daf_core.training import Recipe, Rows, State, fit, predict, rank_and_workers, sum_over_workers


@dataclass(frozen=True)
class Fitted:
    """A trained head and how good it is; the same on every worker."""

    module: nn.Module
    streams: Streams
    metrics: dict[str, dict[str, float]]
    state: State


def fit_head(
    kind: str,
    source: Output,
    splits: Splits,
    shapes: Streams,
    recipe: Recipe,
    device: torch.device,
    *,
    resume: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Fitted:
    """Fit a head of `kind` on embeddings; call on every worker with the same arguments.

    The head gets the columns that some training row has: trained on text alone, it ignores audio.
    """
    rank, workers = rank_and_workers()
    rows = {
        split: part.to(device)
        for split, part in load_rows(source, splits, shapes, rank, workers).items()
    }
    streams = _trained_streams(rows["train"], shapes)
    rows = {split: _only(part, streams) for split, part in rows.items()}
    torch.manual_seed(recipe.seed)
    head = build(kind, streams, recipe.width).to(device)
    state = fit(head, rows["train"], rows["valid"], recipe, resume=resume, after_epoch=after_epoch)
    metrics = {split: _measure(head, rows[split]) for split in SPLITS}
    return Fitted(head.cpu(), streams, metrics, state)


def _trained_streams(train: Rows, shapes: Streams) -> Streams:
    has = sum_over_workers(train.present.sum(dim=0)) > 0
    known = [name for name, any_row in zip(MODALITIES, has.tolist(), strict=True) if any_row]
    return {column: shape for name in known for column, shape in columns_of(name, shapes).items()}


def _only(rows: Rows, streams: Streams) -> Rows:
    """Rows with the columns of `streams`; those that have none of them are left out."""
    known = torch.tensor([bool(columns_of(name, streams)) for name in MODALITIES])
    present = rows.present & known.to(rows.present.device)
    usable = present.any(dim=1)
    values = {name: rows.values[name][usable] for name in streams}
    return Rows(values, present[usable], rows.labels[usable])


def _measure(head: nn.Module, rows: Rows) -> dict[str, float]:
    """Metrics over the rows of all workers."""
    own = (predict(head, rows).sentiment.cpu().numpy(), rows.labels.cpu().numpy())
    gathered: list[Any] = [own]
    if dist.is_initialized():
        gathered = [None] * dist.get_world_size()
        dist.all_gather_object(gathered, own)
    predicted, labels = (np.concatenate(arrays) for arrays in zip(*gathered, strict=True))
    return regression_metrics(predicted, labels)
