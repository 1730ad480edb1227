"""What is measured of a fitted head, on the rows of all workers."""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from daf_core.distributed import gathered, gathered_tensor, sum_over_workers
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import median
from daf_core.measures.calibration import certainty, modality_set
from daf_core.measures.calibration_values import COVERAGE, Calibrations
from daf_core.measures.error_correlation import error_correlation
from daf_core.measures.metrics import regression_metrics
from daf_core.measures.reliability import (
    calibrate,
    certainty_metrics,
    interval_reliability,
    polarity_reliability,
)
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

# "intervals": `interval_reliability`; "polarity": `polarity_reliability`
Reliability: TypeAlias = dict[str, list[Any]]


def label_interval(train: Rows) -> tuple[float, float]:
    """The ends of the interval that holds the central share COVERAGE of all workers' labels."""
    labels = gathered(train.labels.cpu().numpy())
    low, high = np.quantile(labels, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]).tolist()
    return low, high


def error_correlation_of(head: nn.Module, rows: Rows, calibrations: Calibrations) -> float | None:
    """`error_correlation` of the rows of all workers; None where their recordings are not known."""
    if rows.recordings is None:
        return None
    logits, present, labels = _predict_all(head, rows)
    found = certainty(calibrations, logits, present)
    errors = median(logits).numpy() - labels.numpy()
    recordings = gathered(rows.recordings.cpu().numpy())
    return error_correlation(errors, found.high - found.low, recordings)


def measure(
    head: nn.Module, rows: Rows, calibrations: Calibrations
) -> tuple[dict[str, float], Reliability]:
    """Metrics and reliability over the rows of all workers."""
    logits, present, labels = _predict_all(head, rows)
    sentiment, true = median(logits).numpy(), labels.numpy()
    found = certainty(calibrations, logits, present)
    metrics = regression_metrics(sentiment, true) | certainty_metrics(found, true)
    return metrics, {
        "intervals": interval_reliability(logits, labels),
        "polarity": polarity_reliability(found, true),
    }


def calibrate_on(held_out: Iterable[tuple[nn.Module, Rows]]) -> Calibrations:
    """A calibration for every set of modalities that rows of any worker have.

    Rows with more modalities count for the set as well, with the others hidden.

    Args:
        held_out: heads, each with rows that it was not trained on.
    """
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for head, rows in held_out:
        for modalities in itertools.product((True, False), repeat=len(MODALITIES)):
            shown = torch.tensor(modalities, device=rows.present.device)
            index = (rows.present | ~shown).all(dim=1).nonzero()[:, 0]
            count = torch.tensor(len(index), device=index.device)
            if not any(modalities) or not sum_over_workers(count):
                continue
            part = rows.select(index)
            part = replace(part, present=part.present & shown)
            logits, _, labels = _predict_all(head, part)
            found.setdefault(modality_set(shown), []).append((logits, labels))
    joined = {name: map(torch.cat, zip(*pieces, strict=True)) for name, pieces in found.items()}
    return {name: calibrate(*pieces) for name, pieces in joined.items()}


def _predict_all(head: nn.Module, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, `present` and labels of the rows of all workers."""
    logits = gathered_tensor(predict(head, rows).logits)
    return logits, gathered_tensor(rows.present), gathered_tensor(rows.labels)
