"""Trials of classes: a head trained to tell classes apart, and its predictions for test rows."""

import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, select
from daf_core.evaluation.controls import controls
from daf_core.evaluation.trial import (
    PREDICTED,
    Trial,
    TrialFacts,
    TrialResult,
    columns_of_rows,
    parameters_sha256,
    weight_columns,
)
from daf_core.heads.parts import Prediction
from daf_core.measures.metrics import class_metrics
from daf_core.training.dataset import Corpus, load_rows, utterance_ids
from daf_core.training.fitting import learn
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows


def run_class_trial(
    trial: Trial, corpus: Corpus, also: Sequence[Corpus], shapes: ColumnShapes, recipe: Recipe
) -> TrialResult:
    """Train the head on the CPU to tell the classes of the corpus apart, and predict the test rows,
    which are the same for all heads, as those of `run_trial`.
    """
    assert corpus.classes is not None
    names = corpus.classes.names
    started = time.monotonic()
    learned = learn(
        trial.head, corpus, shapes, recipe, torch.device("cpu"), seed=trial.seed, also=also
    )
    seconds = time.monotonic() - started
    utterance = select(shapes, lambda column: column.is_utterance)
    test = load_rows(corpus, utterance | learned.plan.shapes)["test"]
    prediction = predict(learned.module, test)
    facts = TrialFacts(
        head=trial.head,
        seed=trial.seed,
        test=_metrics(prediction, test, names),
        valid=_metrics(
            predict(learned.module, learned.rows["valid"]), learned.rows["valid"], names
        ),
        three_classes=False,
        parameters=sum(one.numel() for one in learned.module.parameters()),
        seconds=round(seconds, 2),
        best_epoch=learned.state.best_epoch,
        history=learned.state.history,
        parameters_sha256=parameters_sha256(learned.module),
    )
    ids = utterance_ids(corpus, "test")
    return TrialResult(_rows(ids, test, prediction, learned.module, trial.seed, names), facts)


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
