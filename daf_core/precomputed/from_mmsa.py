"""Features in MMSA's pickle, as embeddings.

Text is pooled by its mean, audio by mean and standard deviation.
"""

import posixpath
from typing import Any, TypeGuard

import numpy as np

from daf_core.arrays import BoolArray, FloatArray
from daf_core.errors import SettingsError
from daf_core.precomputed.features import (
    Pooled,
    Precomputed,
    PrecomputedColumn,
    concatenate,
    pool,
)
from daf_core.sources.corpora.mmsa import load_splits, plain_column
from daf_core.sources.table_rows import file_sha256
from daf_core.weights.specs import STANDARDISED, EncoderSpec


def read_features(uri: str) -> Precomputed:
    """Text and audio of all splits, as far as the pickle has them.

    Raises:
        SettingsError: it is not such a pickle, or its arrays do not fit each other.
    """
    splits = load_splits(uri)
    source = EncoderSpec(posixpath.basename(uri), STANDARDISED, file_sha256(uri))
    columns, repaired = {}, 0
    for name in ("text", "audio"):
        having = {split: held for split, held in splits.items() if name in held}
        if not having:
            continue
        ids = [
            str(utterance)
            for split, held in having.items()
            for utterance in plain_column(uri, split, held, "id")
        ]
        pooled = concatenate(f"{uri}: {name}", [_pool(uri, name, *one) for one in having.items()])
        columns[name] = PrecomputedColumn.from_pooled(source, ids, pooled)
        repaired += pooled.repaired
    if not columns:
        raise SettingsError(f"{uri}: expected text or audio features in a split, found none")
    return Precomputed(columns, repaired)


def _pool(uri: str, name: str, split: str, held: dict[str, Any]) -> Pooled:
    frames = held[name]
    fits = _is_numbers(frames) and frames.ndim == 3 and len(frames) == len(held["id"])
    if not fits or not frames.shape[2]:
        found = f"{frames.dtype} {frames.shape}" if isinstance(frames, np.ndarray) else type(frames)
        raise SettingsError(
            f"{uri}: expected in {split} {name} as numbers ({len(held['id'])} rows, frames, "
            f"features), found {found}"
        )
    return pool(frames, _used(uri, split, held, name), deviation=name == "audio")


def _is_numbers(value: Any) -> TypeGuard[FloatArray]:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def _used(uri: str, split: str, held: dict[str, Any], name: str) -> BoolArray:
    """Which frames are not padding: (rows, frames).

    Taken from the lengths in the file (unaligned features), or from the attention mask (text, and
    features aligned with it); else from the first to the last frame that is not all zeros.
    """
    frames, tokens = held[name], held.get("text_bert")
    rows, steps = frames.shape[:2]
    if not frames.size:  # an empty array may declare any number of frames
        return np.zeros((rows, steps), bool)
    if f"{name}_lengths" in held:
        lengths = plain_column(uri, split, held, f"{name}_lengths")
        if not all(isinstance(length, int | float) for length in lengths):
            raise SettingsError(
                f"{uri}: expected numbers as {name}_lengths in {split}, found others"
            )
        return np.arange(steps) < np.array(lengths)[:, None]
    if _is_numbers(tokens) and tokens.shape == (rows, 3, steps):
        mask: BoolArray = tokens[:, 1] > 0
        return mask
    filled: BoolArray = np.any(frames, axis=2)
    seen = np.maximum.accumulate(filled, axis=1)
    ahead = np.maximum.accumulate(filled[:, ::-1], axis=1)[:, ::-1]
    return seen & ahead
