"""Small corpora in the forms in which real ones are handed round, with made-up contents.

No file of a real corpus can be had for tests, so these follow what is documented and what the
corpora's own tools read and write: see each reader in daf_core/corpora.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

TEXT_WIDTH, AUDIO_WIDTH, STEPS = 6, 4, 8


def mmsa_split(split: str, videos: int, rng: np.random.Generator, aligned: bool) -> dict[str, Any]:
    """Two clips a video; of the frames of text 3 to 8 are no padding, of audio up to 12."""
    ids = [f"{split}{video}$_${clip}" for video in range(videos) for clip in (1, 2)]
    rows, audio_steps = len(ids), STEPS if aligned else 12
    tokens = rng.integers(3, STEPS + 1, rows)
    mask = np.arange(STEPS) < tokens[:, None]
    lengths = tokens if aligned else rng.integers(1, audio_steps + 1, rows)
    heard = np.arange(audio_steps) < lengths[:, None]
    labels = np.round(rng.uniform(-3, 3, rows) * 3) / 3
    held = {
        "id": ids,
        "raw_text": np.array([f"words of {name}" for name in ids], object),
        "text": (rng.normal(size=(rows, STEPS, TEXT_WIDTH)) * mask[..., None]).astype("f4"),
        "text_bert": np.stack([mask * 7, mask, mask * 0], axis=1).astype("f4"),
        "audio": (rng.normal(size=(rows, audio_steps, AUDIO_WIDTH)) * heard[..., None]),
        "vision": np.zeros((rows, audio_steps, 2), "f4"),
        "annotations": ["Positive" if label > 0 else "Negative" for label in labels],
        "classification_labels": (labels > 0).astype("f4"),
        "regression_labels": labels.astype("f4"),
    }
    return held if aligned else held | {"audio_lengths": list(lengths), "vision_lengths": lengths}


def mmsa(aligned: bool = False, videos: int = 3) -> dict[str, dict[str, Any]]:
    """What MMSA's pickles hold."""
    rng = np.random.default_rng(5)
    return {split: mmsa_split(split, videos, rng, aligned) for split in ("train", "valid", "test")}


def write_mmsa(path: Path, data: Any, protocol: int = 4, numpy_1: bool = False) -> Path:
    """As a pickle; `numpy_1`: with the names that numpy 1 writes, which are as long but for one."""
    pickled = pickle.dumps(data, protocol=protocol)
    if numpy_1:
        assert protocol == 2  # names end in a line feed there, and may change in length
        pickled = pickled.replace(b"numpy._core.", b"numpy.core.")
    path.write_bytes(pickled)
    return path
