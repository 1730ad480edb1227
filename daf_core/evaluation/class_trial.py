"""Trials of classes: a head trained to tell classes apart, and its predictions for test rows."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.evaluation.controls import controls
from daf_core.evaluation.trained_heads import parameters_sha256, rows_to_test, trained_heads
from daf_core.evaluation.trial import (
    PREDICTED,
    Trial,
    TrialFacts,
    TrialResult,
    columns_of_rows,
    weight_columns,
)
from daf_core.heads.parts import Prediction
from daf_core.measures.metrics import class_metrics
from daf_core.training.dataset import Corpus, utterance_ids
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows


def run_class_trials(
    trials: Sequence[Trial],
    corpus: Corpus,
    also: Sequence[Corpus],
    shapes: ColumnShapes,
    recipe: Recipe,
) -> Iterator[TrialResult]:
    """Train the heads of trials with the same `training_of` on the CPU to tell the classes of the
    corpus apart, and predict `rows_to_test`.
    """
    assert corpus.classes is not None
    names = corpus.classes.names
    ids = utterance_ids(corpus, "test")
    for trial, learned, seconds in trained_heads(trials, corpus, also, shapes, recipe):
        head, valid = learned.module, learned.rows["valid"]
        test = rows_to_test(learned, shapes)
        prediction = predict(head, test)
        facts = TrialFacts(
            head=trial.head,
            seed=trial.seed,
            test=_metrics(prediction, test, names),
            valid=_metrics(predict(head, valid), valid, names),
            three_classes=False,
            parameters=sum(one.numel() for one in head.parameters()),
            seconds=round(seconds, 2),
            best_epoch=learned.state.best_epoch,
            history=learned.state.history,
            parameters_sha256=parameters_sha256(head),
        )
        yield TrialResult(_rows(ids, test, prediction, head, trial.seed, names), facts)


def classes_of(prediction: Prediction, number: int) -> Tensor:
    """(rows,) int64, the most probable of the first `number` outcomes, which are the classes. The
    other outcomes were in no label; a fusion may still give them some probability.
    """
    return prediction.logits[:, :number].argmax(dim=1)


def _metrics(prediction: Prediction, rows: Rows, names: list[str]) -> dict[str, float]:
    return class_metrics(classes_of(prediction, len(names)).numpy(), rows.labels.numpy())


def _rows(
    ids: list[str],
    test: Rows,
    prediction: Prediction,
    head: nn.Module,
    seed: int,
    names: list[str],
) -> pa.Table:
    """The rows of a `TrialResult`."""

    def answer(one: Prediction) -> Tensor:
        return classes_of(one, len(names))

    def named(numbers: Tensor) -> pa.Array:
        return pa.array(np.array(names, object)[numbers.numpy()], pa.string())

    columns = {
        **columns_of_rows(ids, test),
        "label": named(test.labels),
        PREDICTED: named(answer(prediction)),
    }
    for number, name in enumerate(MODALITIES):
        columns[f"has_{name}"] = pa.array(test.present[:, number].numpy())
    columns |= weight_columns(prediction)
    controlled = controls(head, test, prediction, seed, answer)
    return pa.table(columns | {name: named(numbers) for name, numbers in controlled.items()})
