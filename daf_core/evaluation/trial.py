"""One head with one seed on a corpus: fitted, measured, and what it says of every test row."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modalities_of, pooled
from daf_core.evaluation.controls import controls
from daf_core.measures.calibration import certainty
from daf_core.measures.metrics import regression_metrics
from daf_core.measures.reliability import certainty_metrics
from daf_core.schemas import POLARITIES
from daf_core.training.dataset import Corpus, load_rows, utterance_ids
from daf_core.training.fitting import fit_head
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe


@dataclass(frozen=True)
class Trial:
    """A kind of head and the seed of its first values, batches and dropout."""

    head: str
    seed: int

    @property
    def name(self) -> str:
        """For files and messages."""
        return f"{self.head}-{self.seed}"


def run_trial(
    trial: Trial, corpus: Corpus, also: Sequence[Corpus], shapes: ColumnShapes, recipe: Recipe
) -> tuple[pa.Table, dict[str, Any]]:
    """Fit the head on the CPU; all heads are judged on the same rows, with what they read or not.

    Returns:
        A row for each test row: utterance_id, label, sentiment, interval_low, interval_high,
        polarity, text_weight, audio_weight and a column for each of `controls`; and facts: metrics
        of the test and validation rows, whether labels are -1, 0 and 1 alone, parameters, seconds,
        history, best_epoch.
    """
    started = time.monotonic()
    fitted = fit_head(
        trial.head, corpus, shapes, recipe, torch.device("cpu"), seed=trial.seed, also=also
    )
    seconds = time.monotonic() - started
    test = load_rows(corpus, pooled(shapes) | fitted.streams)["test"]
    said = predict(fitted.module, test)
    sentiment, true = said.sentiment.numpy(), test.labels.numpy()
    read = torch.tensor([name in modalities_of(fitted.streams) for name in MODALITIES])
    sure = certainty(fitted.calibrations, said.logits, test.present & read)
    columns = {
        "utterance_id": pa.array(utterance_ids(corpus, "test")),
        "label": pa.array(true),
        "sentiment": pa.array(sentiment),
        "interval_low": pa.array(sure.low),
        "interval_high": pa.array(sure.high),
        "polarity": pa.array(np.array(POLARITIES)[sure.polarity]),
    }
    for number, name in enumerate(MODALITIES):
        weight = None if said.weights is None else said.weights[:, number].numpy()
        columns[f"{name}_weight"] = pa.nulls(len(test.labels), pa.float32())
        if weight is not None:
            columns[f"{name}_weight"] = pa.array(weight)
    controlled = controls(fitted.module, test, said, trial.seed)
    columns |= {name: pa.array(value.numpy()) for name, value in controlled.items()}
    facts = {
        "head": trial.head,
        "seed": trial.seed,
        "test": regression_metrics(sentiment, true) | certainty_metrics(sure, true),
        "valid": fitted.metrics["valid"],
        "three_classes": bool(np.isin(true, (-1, 0, 1)).all()),
        "parameters": sum(p.numel() for p in fitted.module.parameters()),
        "seconds": round(seconds, 2),
        "best_epoch": fitted.state.best_epoch,
        "history": fitted.state.history,
    }
    return pa.table(columns), facts


def errors(table: pa.Table, said: str = "sentiment") -> np.ndarray[Any, np.dtype[np.float32]]:
    """Absolute errors (rows,) of a trial, of its own answer or of a control's."""
    apart: np.ndarray[Any, np.dtype[np.float32]] = np.abs(
        table[said].to_numpy() - table["label"].to_numpy()
    )
    return apart
