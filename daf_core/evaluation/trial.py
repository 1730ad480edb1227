"""Trials: one head trained with one seed, and its predictions for every test row."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from daf_core.arrays import FloatArray, IntArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import Prediction
from daf_core.measures.metrics import class_errors
from daf_core.storage import files, parquet
from daf_core.storage.output import Output
from daf_core.training.rows import Rows

RECORDING = "recording"  # column of the number of a recording
PREDICTED = "predicted"  # column of the class that a head predicts


@dataclass(frozen=True)
class Trial:
    """A kind of head, and the seed of its initial weights, batches and dropout."""

    head: str
    seed: int

    @property
    def file(self) -> str:
        """Name of the file that holds the trial's result."""
        return f"{self.head}-{self.seed}.parquet"


@dataclass(frozen=True)
class TrialFacts:
    """Figures of a trial.

    test, valid: metrics of the split.
    three_classes: whether all labels of test rows are -1, 0 or 1.
    parameters: number of trained parameters; seconds: of training them.
    best_epoch: the epoch, from 0, whose weights were kept.
    history: epoch, train_loss and `state.error_name` of each epoch.
    parameters_sha256: of the trained parameters (`parameters_sha256`); "" where it is not known.
    """

    head: str
    seed: int
    test: dict[str, float]
    valid: dict[str, float]
    three_classes: bool
    parameters: int
    seconds: float
    best_epoch: int
    history: list[dict[str, float]]
    parameters_sha256: str = ""


@dataclass(frozen=True)
class TrialResult:
    """What a trial leaves behind: a Parquet file of rows, with the facts in its footer.

    rows: a row for each test row: utterance_id, recording (a number), label, sentiment,
    interval_low, interval_high, polarity, most_probable_polarity, has_text, has_audio, disagreement
    (distance between what the modalities say alone, null unless a row has both), text_weight,
    audio_weight, and the sentiment under each of `controls`. Of a trial of classes (`class_trial`):
    utterance_id, recording, label, predicted, has_text, has_audio, text_weight, audio_weight, and
    the class under each of `controls`.
    """

    rows: pa.Table
    facts: TrialFacts

    def publish(self, output: Output, fingerprint: str) -> None:
        """Write the result to `output`; `fingerprint` is that of the settings it was made with."""
        footer = {"daf.fingerprint": fingerprint, "daf.trial": json.dumps(asdict(self.facts))}
        uri = output.part_uri(Trial(self.facts.head, self.facts.seed).file)
        files.publish(uri, parquet.parquet_bytes(self.rows, output.kind, footer))

    @classmethod
    def read(cls, output: Output, trial: Trial) -> "TrialResult":
        """The result of a trial that was published to `output`.

        Raises:
            SettingsError: there is none.
        """
        rows, footer = parquet.read(output.part_uri(trial.file), output.kind)
        return cls(rows, TrialFacts(**json.loads(footer["daf.trial"])))

    @property
    def is_of_classes(self) -> bool:
        """Whether the head told classes apart, and predicted no sentiment."""
        return PREDICTED in self.rows.column_names

    @property
    def own(self) -> str:
        """The column of the head's own prediction."""
        return PREDICTED if self.is_of_classes else "sentiment"

    @property
    def recordings(self) -> IntArray | None:
        """(rows,) a number for each recording; None where they are not known."""
        if RECORDING not in self.rows.column_names:
            return None
        found: IntArray = self.rows[RECORDING].to_numpy()
        return found

    def errors(self, column: str | None = None) -> FloatArray:
        """Errors (rows,) of the head's own prediction, or of that under a control: absolute ones,
        whose mean is the MAE; of classes those of `class_errors`, whose mean is 1 - UAR.
        """
        predicted = self.rows[column or self.own].to_numpy()
        label = self.rows["label"].to_numpy()
        if self.is_of_classes:
            return class_errors(predicted, label)
        errors: FloatArray = np.abs(predicted - label)
        return errors


def is_published(output: Output, trial: Trial, fingerprint: str) -> bool:
    """Whether `output` holds the trial's result, made with the settings of this fingerprint."""
    uri = output.part_uri(trial.file)
    if not files.exists(uri):
        return False
    return parquet.read_footer(uri, output.kind)[1].get("daf.fingerprint") == fingerprint


def columns_of_rows(ids: list[str], test: Rows) -> dict[str, pa.Array]:
    """The columns that say which rows of a corpus were predicted: those of `ids`."""
    found = {"utterance_id": pa.array(ids)}
    if test.recordings is not None:
        found[RECORDING] = pa.array(test.recordings.numpy())
    return found


def weight_columns(prediction: Prediction) -> dict[str, pa.Array]:
    """The columns text_weight and audio_weight (rows,); null where the head has no weights."""
    weights = prediction.weights
    return {
        f"{name}_weight": pa.nulls(len(prediction.logits), pa.float32())
        if weights is None
        else pa.array(weights[:, number].numpy())
        for number, name in enumerate(MODALITIES)
    }
