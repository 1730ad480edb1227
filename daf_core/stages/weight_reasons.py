"""Why an utterance has its modality weights: how sure each modality is, and what is known of it.

The weights of the `daf` head follow from how sure its modalities are. A reason is given where a
modality is surer or less sure than usual; one that is less sure is followed by those facts about
it that make a modality say less.
"""

import numpy as np
import pyarrow as pa

from daf_core.arrays import BoolArray, FloatArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.schemas import UNFAMILIAR_BELOW, WHY_WEIGHTS

FEW_WORDS = 3
DOUBTFUL_BELOW = 0.7  # the recognizer's confidence
SHORT_BELOW_S = 1.0
QUIET_BELOW_DB = -45.0  # of full scale
CLEAR = 0.5  # |sureness| from which a modality counts as surer or less sure than usual


def weight_reasons(
    rows: pa.Table, present: BoolArray, sureness: FloatArray | None, familiarity: FloatArray
) -> pa.Array:
    """The reasons of each row, names of WEIGHT_REASONS, text before audio; null where a row lacks a
    modality or the head does not tell.

    Args:
        rows: of an embeddings table.
        present: (rows, modalities).
        sureness: (rows, modalities) in [-1, 1], as of `Prediction`; None if the head does not say.
        familiarity: (rows, modalities) in [0, 1]; NaN where not measured.
    """
    if sureness is None:
        return pa.nulls(len(rows), WHY_WEIGHTS.type)
    facts = dict(zip(MODALITIES, (_of_text(rows), _of_audio(rows)), strict=True))
    reasons: list[list[str]] = [[] for _ in range(len(rows))]
    for number, modality in enumerate(MODALITIES):
        strange = familiarity[:, number] < UNFAMILIAR_BELOW
        unsure = sureness[:, number] <= -CLEAR
        found = {
            f"{modality}_sure": sureness[:, number] >= CLEAR,
            f"{modality}_unsure": unsure,
            **{name: unsure & has for name, has in facts[modality].items()},
            f"unfamiliar_{modality}": unsure & strange,
        }
        for name, has in found.items():
            for row in np.flatnonzero(has):
                reasons[row].append(name)
    both = (present.sum(axis=1) == len(MODALITIES)).tolist()
    told = [own if known else None for own, known in zip(reasons, both, strict=True)]
    return pa.array(told, WHY_WEIGHTS.type)


def _of_text(rows: pa.Table) -> dict[str, BoolArray]:
    return {
        "few_words": _floats(rows, "words") <= FEW_WORDS,
        "doubtful_words": _floats(rows, "text_confidence") < DOUBTFUL_BELOW,
    }


def _of_audio(rows: pa.Table) -> dict[str, BoolArray]:
    clipped = ["clipped" in own for own in rows["flags"].to_pylist()]
    return {
        "short_audio": _floats(rows, "end_s") - _floats(rows, "start_s") < SHORT_BELOW_S,
        "quiet_audio": _floats(rows, "level_db") < QUIET_BELOW_DB,
        "clipped_audio": np.array(clipped, bool),
    }


def _floats(rows: pa.Table, name: str) -> FloatArray:
    """(rows,) NaN where null, or where an older table lacks the column."""
    if name not in rows.column_names:
        return np.full(len(rows), np.nan, np.float32)
    values: FloatArray = rows[name].cast(pa.float64()).to_numpy()
    return values
