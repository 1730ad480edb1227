"""Trials of sentiment: heads trained to tell it, and their predictions for test rows."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modalities_of
from daf_core.evaluation.controls import controls
from daf_core.evaluation.trained_heads import parameters_sha256, rows_to_test, trained_heads
from daf_core.evaluation.trial import (
    Trial,
    TrialFacts,
    TrialResult,
    columns_of_rows,
    weight_columns,
)
from daf_core.heads.parts import Prediction
from daf_core.measures.calibration import Certainty, certainty
from daf_core.measures.calibration_values import Calibrations
from daf_core.measures.metrics import regression_metrics
from daf_core.measures.reliability import certainty_metrics
from daf_core.schemas import POLARITIES, polarity_number
from daf_core.stages.score import disagreement
from daf_core.training.dataset import Corpus, utterance_ids
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows


def run_sentiment_trials(
    trials: Sequence[Trial],
    corpus: Corpus,
    also: Sequence[Corpus],
    shapes: ColumnShapes,
    recipe: Recipe,
) -> Iterator[TrialResult]:
    """Fit the heads of trials with the same `training_of` on the CPU; predict `rows_to_test`."""
    ids = utterance_ids(corpus, "test")
    for trial, learned, seconds in trained_heads(trials, corpus, also, shapes, recipe):
        fitted = learned.fitted()
        test = rows_to_test(learned, shapes)
        rows, metrics = tested(
            fitted.module, fitted.shapes, fitted.calibrations, ids, test, trial.seed
        )
        facts = TrialFacts(
            head=trial.head,
            seed=trial.seed,
            test=metrics,
            valid=fitted.metrics["valid"],
            three_classes=bool(np.isin(test.labels.numpy(), (-1, 0, 1)).all()),
            parameters=sum(p.numel() for p in fitted.module.parameters()),
            seconds=round(seconds, 2),
            best_epoch=fitted.state.best_epoch,
            history=fitted.state.history,
            parameters_sha256=parameters_sha256(fitted.module),
        )
        yield TrialResult(rows, facts)


def tested(
    head: nn.Module,
    shapes: ColumnShapes,
    calibrations: Calibrations,
    ids: list[str],
    test: Rows,
    seed: int,
) -> tuple[pa.Table, dict[str, float]]:
    """The rows of a `TrialResult` and their metrics.

    Args:
        shapes: the columns that the head reads.
        ids: of the rows `test`.
        seed: of the controls.
    """
    prediction = predict(head, test)
    read = torch.tensor([name in modalities_of(shapes) for name in MODALITIES])
    found = certainty(calibrations, prediction.logits, test.present & read)
    sentiment, true = prediction.sentiment.numpy(), test.labels.numpy()
    metrics = regression_metrics(sentiment, true) | certainty_metrics(found, true)
    return _rows(ids, test, prediction, found, head, seed), metrics


def _rows(
    ids: list[str],
    test: Rows,
    prediction: Prediction,
    found: Certainty,
    head: nn.Module,
    seed: int,
) -> pa.Table:
    """The rows of a `TrialResult`."""
    names = np.array(POLARITIES)
    columns = {
        **columns_of_rows(ids, test),
        "label": pa.array(test.labels.numpy()),
        "sentiment": pa.array(prediction.sentiment.numpy()),
        "interval_low": pa.array(found.low),
        "interval_high": pa.array(found.high),
        "polarity": pa.array(names[polarity_number(prediction.sentiment.numpy())]),
        "most_probable_polarity": pa.array(names[found.most_probable]),
    }
    for number, name in enumerate(MODALITIES):
        columns[f"has_{name}"] = pa.array(test.present[:, number].numpy())
    columns["disagreement"] = disagreement(prediction, test.present.all(dim=1).numpy())
    columns |= weight_columns(prediction)
    controlled = controls(head, test, prediction, seed)
    return pa.table(columns | {name: pa.array(value.numpy()) for name, value in controlled.items()})
