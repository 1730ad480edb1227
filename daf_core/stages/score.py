"""Score embeddings with a trained head: sentiment, weights, what each side alone says."""

import numpy as np
import pyarrow as pa
import torch

from daf_core.arrays import BoolArray, FloatArray
from daf_core.embeddings.arrays import column_values
from daf_core.embeddings.columns import MODALITIES
from daf_core.measures.calibration import certainty
from daf_core.schemas import POLARITIES, SCORES, quarantine_rows
from daf_core.stages.trained_head import TrainedHead
from daf_core.training.loop import predict
from daf_core.training.rows import Rows


def score(head: TrainedHead, embedded: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Scores of the rows of an embeddings table, in order, and quarantine of rows it cannot score.

    A row is scored on the modalities that it has and the head knows; one without any goes to
    quarantine. The same rows give the same bytes.
    """
    values, present = column_values(embedded, head.streams)
    usable = present.any(axis=1)
    kept, present = embedded.filter(pa.array(usable)), present[usable]
    said = predict(
        head.module,
        Rows(
            {name: torch.from_numpy(value[usable]) for name, value in values.items()},
            torch.from_numpy(present),
            torch.zeros(len(kept)),
        ),
    )
    sentiment = said.sentiment.numpy()
    columns = {name: kept[name] for name in SCORES.names if name in kept.column_names}
    sure = certainty(head.calibrations, said.logits, torch.from_numpy(present))
    columns |= {
        "sentiment": pa.array(sentiment),
        "interval_low": _unless_nan(sure.low),
        "interval_high": _unless_nan(sure.high),
        "polarity": pa.array(np.array(POLARITIES)[sure.polarity], pa.string()),
        "polarity_probability": _unless_nan(sure.probability),
        **_by_modality("weight", said.weights, np.ones_like(present)),
        **_by_modality("sentiment", said.sides, present),
        "disagreement": _disagreement(said.sides, present[:, 0] & present[:, 1]),
    }
    scores = pa.table([columns[name] for name in SCORES.names], schema=SCORES)
    return scores, _unused(head, embedded.filter(pa.array(~usable)))


def _unless_nan(values: FloatArray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _by_modality(what: str, values: torch.Tensor | None, valid: BoolArray) -> dict[str, pa.Array]:
    """(rows, modalities) as one column a modality, null where not `valid` or not said."""
    if values is None:
        values, valid = torch.zeros(valid.shape), np.zeros_like(valid)
    return {
        f"{name}_{what}": pa.array(values[:, m].numpy(), mask=~valid[:, m])
        for m, name in enumerate(MODALITIES)
    }


def _disagreement(sides: torch.Tensor | None, both: BoolArray) -> pa.Array:
    if sides is None:
        return pa.nulls(len(both), pa.float32())
    return pa.array((sides[:, 1] - sides[:, 0]).abs().numpy(), mask=~both)


def _unused(head: TrainedHead, rows: pa.Table) -> pa.Table:
    """Quarantine of rows that have nothing the head was trained on."""
    message = f"the head was trained on {' and '.join(head.modalities)}, which the row lacks"
    return quarantine_rows(rows, "score", "unused_modality", message)
