"""Score embeddings with a trained head: sentiment, modality weights, unimodal sentiment."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from daf_core.arrays import BoolArray, FloatArray
from daf_core.embeddings.arrays import column_values
from daf_core.embeddings.columns import MODALITIES, Column
from daf_core.heads.parts import Prediction
from daf_core.measures.adjustment import adjusted
from daf_core.measures.calibration import certainty
from daf_core.schemas import (
    MEASURED,
    POLARITIES,
    SCORES,
    polarity_number,
    quarantine_rows,
)
from daf_core.stages.trained_head import TrainedHead
from daf_core.stages.unfamiliar import (
    familiarity_columns,
    familiarity_of,
    other_language,
    widened,
    with_flags,
)
from daf_core.stages.weight_reasons import weight_reasons
from daf_core.storage.score_ranges import wrong_scores
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

FAILED = "the head gave numbers that are not finite or out of their ranges; train it again"


def score(
    head: TrainedHead, embedded: pa.Table, *, alone: bool = False
) -> tuple[pa.Table, pa.Table]:
    """Score the rows of an embeddings table: (scores in the same order, quarantine).

    A row is scored on the modalities that both the row and the head have. A row without any such
    modality is quarantined as `unused_modality`, one for which the head gives numbers that are not
    finite or outside their ranges as `head_failed`. The same rows give the same bytes.

    alone: each row is scored as the only one of its speaker, whatever else the table holds.
    """
    values, present = column_values(embedded, head.shapes)
    if alone:
        values = {
            name: np.zeros_like(value) if Column.from_name(name).is_speaker_normalised else value
            for name, value in values.items()
        }
    usable: BoolArray = np.asarray(present.any(axis=1))
    if not usable.any():  # torch's attention does not take a batch of no rows
        return SCORES.empty_table(), _unused(head, embedded)
    kept, present = embedded.filter(pa.array(usable)), present[usable]
    values = {name: value[usable] for name, value in values.items()}
    tensors = {name: torch.from_numpy(value) for name, value in values.items()}
    rows = Rows(tensors, torch.from_numpy(present), torch.zeros(len(kept)))
    prediction = predict(head.module, rows)
    if (adjustment := head.record.adjustment) is not None:
        groups = kept[adjustment.group].cast("string").to_pylist() if adjustment.group else ()
        prediction = adjusted(prediction, adjustment, torch.from_numpy(present), groups)
    sentiment = prediction.sentiment.numpy()
    columns = {field.name: pa.nulls(len(kept), field.type) for field in MEASURED}
    columns |= {name: kept[name] for name in SCORES.names if name in kept.column_names}
    familiarity, other = familiarity_of(head, values, present), other_language(head, kept, present)
    certainties = certainty(head.calibrations, prediction.logits, torch.from_numpy(present))
    certainties = widened(head, certainties, present, other, familiarity)
    columns |= {
        "sentiment": pa.array(sentiment),
        "interval_low": _unless_nan(certainties.low),
        "interval_high": _unless_nan(certainties.high),
        **_polarity(sentiment, certainties.probabilities),
        **_by_modality("weight", prediction.weights, np.ones_like(present)),
        **_by_modality("sentiment", prediction.unimodal_sentiment, present),
        "disagreement": disagreement(prediction, present[:, 0] & present[:, 1]),
    }
    columns |= familiarity_columns(familiarity)
    sureness = None if prediction.sureness is None else prediction.sureness.numpy()
    columns["weight_reasons"] = weight_reasons(kept, present, sureness, familiarity)
    columns["flags"] = with_flags(kept, other, familiarity)
    scores = pa.table([columns[name] for name in SCORES.names], schema=SCORES)
    unused = _unused(head, embedded.filter(pa.array(~usable)))
    wrong = wrong_scores(scores)
    if not wrong:
        return scores, unused
    failed = pa.array(np.logical_or.reduce([*wrong.values()]))
    quarantine = quarantine_rows(kept.filter(failed), "score", "head_failed", FAILED)
    return scores.filter(pc.invert(failed)), pa.concat_tables([unused, quarantine])


def _polarity(sentiment: FloatArray, probabilities: FloatArray) -> dict[str, pa.Array]:
    """The polarity of each sentiment (rows,), its probability, and those of all: (rows, 3)."""
    numbers = polarity_number(sentiment)
    own = np.take_along_axis(probabilities, numbers[:, None], axis=1)[:, 0]
    return {
        "polarity": pa.array(np.array(POLARITIES)[numbers], pa.string()),
        "polarity_probability": _unless_nan(own),
        **{
            f"{name}_probability": _unless_nan(probabilities[:, number])
            for number, name in enumerate(POLARITIES)
        },
    }


def _unless_nan(values: FloatArray) -> pa.Array:
    """(rows,) as a column, null where NaN."""
    return pa.array(values, mask=np.isnan(values))


def _by_modality(suffix: str, values: torch.Tensor | None, valid: BoolArray) -> dict[str, pa.Array]:
    """(rows, modalities) as one column per modality, null where not `valid` or without values."""
    if values is None:
        values, valid = torch.zeros(valid.shape), np.zeros_like(valid)
    return {
        f"{name}_{suffix}": pa.array(values[:, m].numpy(), mask=~valid[:, m])
        for m, name in enumerate(MODALITIES)
    }


def disagreement(prediction: Prediction, both: BoolArray) -> pa.Array:
    """Distance (rows,) between what the modalities say alone; null unless a row has both, or where
    the head does not say.
    """
    if (unimodal := prediction.unimodal_sentiment) is None:
        return pa.nulls(len(both), pa.float32())
    return pa.array((unimodal[:, 1] - unimodal[:, 0]).abs().numpy(), mask=~both)


def _unused(head: TrainedHead, rows: pa.Table) -> pa.Table:
    """Quarantine of rows that have no modality of the head."""
    message = f"the head was trained on {' and '.join(head.modalities)}, which the row lacks"
    return quarantine_rows(rows, "score", "unused_modality", message)
