"""What a head does not know: familiarity of rows, flags, and wide intervals."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from daf_core.arrays import BoolArray, FloatArray
from daf_core.embeddings.columns import MODALITIES, Column, HalfArray
from daf_core.measures.calibration import Certainty
from daf_core.schemas import UNFAMILIAR_BELOW, primary_language
from daf_core.stages.trained_head import TrainedHead

TEXT = MODALITIES.index("text")


def familiarity_of(
    head: TrainedHead, values: dict[str, HalfArray], present: BoolArray
) -> FloatArray:
    """Familiarity (rows, modalities), in [0, 1]; NaN where absent or not measured.

    values: column → (rows, layers, features); present: (rows, modalities).
    """
    found = np.full(present.shape, np.nan, np.float32)
    for name, familiarity in head.familiarity.items():
        found[:, Column.from_name(name).modality_index] = familiarity.measure(values[name])
    return np.where(present, found, np.float32(np.nan))


def familiarity_columns(familiarity: FloatArray) -> dict[str, pa.Array]:
    """Familiarity (rows, modalities) as columns, of each modality and the least of them."""
    least = np.fmin.reduce(familiarity, axis=1)
    both = {f"{name}_familiarity": familiarity[:, m] for m, name in enumerate(MODALITIES)}
    return {
        name: pa.array(one, mask=np.isnan(one))
        for name, one in {"familiarity": least, **both}.items()
    }


def other_language(head: TrainedHead, rows: pa.Table, present: BoolArray) -> BoolArray:
    """Which rows (rows,) have words that the head reads, in a language that it was not trained on.

    present: (rows, modalities) that the head reads. A head without languages knows all.
    """
    known = head.record.languages
    is_other = [
        bool(known) and language is not None and primary_language(language) not in known
        for language in rows["language"].to_pylist()
    ]
    return np.array(is_other, bool) & present[:, TEXT]


def with_flags(rows: pa.Table, other: BoolArray, familiarity: FloatArray) -> pa.Array:
    """The flags of the rows, and those that say that the head does not know what it scores."""
    unlike = other | np.any(familiarity < UNFAMILIAR_BELOW, axis=1)
    flags = [
        [*own, *["other_language"] * bool(foreign), *["unfamiliar"] * bool(strange)]
        for own, foreign, strange in zip(rows["flags"].to_pylist(), other, unlike, strict=True)
    ]
    return pa.array(flags, pa.list_(pa.string()))


def widened(
    head: TrainedHead,
    found: Certainty,
    present: BoolArray,
    other: BoolArray,
    familiarity: FloatArray,
) -> Certainty:
    """The certainty with wider intervals for rows of which the head knows no modality: they hold
    at least what one knows of any utterance, the interval of the labels of the training rows.
    """
    if head.record.label_interval is None:
        return found
    low, high = head.record.label_interval
    strange = familiarity < UNFAMILIAR_BELOW
    strange[:, TEXT] |= other
    unknown = (strange | ~present).all(axis=1)
    return replace(
        found,
        low=np.where(unknown, np.minimum(found.low, np.float32(low)), found.low),
        high=np.where(unknown, np.maximum(found.high, np.float32(high)), found.high),
    )
