"""Made-up embeddings of utterances whose source says an emotion, which words and voice show."""

import numpy as np
import pyarrow as pa

from daf_core.embeddings.arrays import fixed_size_list
from tests.core.adaptation.archives import stored, table

NAMES = ("ang", "neu", "sad", "hap", "exc")
SHARES = (0.3, 0.3, 0.2, 0.1, 0.1)
SPLITS = ("train", "train", "train", "valid", "test")


def emotional(rows: int, seed: int) -> pa.Table:
    """An embeddings table. `meta` says emotion and session. Every tenth row has no emotion, and no
    row has a label. Voices show ang and sad alone, words all; every fifth row has words alone.
    """
    draw = np.random.default_rng(seed)
    emotion = draw.choice(len(NAMES), rows, p=SHARES)
    words = draw.standard_normal((rows, 6)) + 5 * np.eye(6)[emotion]
    voice = draw.standard_normal((rows, 4))
    voice[:, 0] += 3 * (emotion == 0)
    voice[:, 1] += 3 * (emotion == 2)
    meta = [
        [("session", str(row % 5)), *([("emotion", NAMES[one])] if row % 10 else [])]
        for row, one in enumerate(emotion)
    ]
    embedded, _ = table(rows, seed)
    changed = {
        "text": fixed_size_list(words.astype(np.float16), np.ones(rows, bool)),
        "audio": fixed_size_list(voice.astype(np.float16), np.arange(rows) % 5 != 0),
        "split": pa.array([SPLITS[row // 5 % 5] for row in range(rows)]),
        "meta": pa.array(meta, embedded.schema.field("meta").type),
    }
    for name, column in changed.items():
        embedded = embedded.set_column(embedded.schema.get_field_index(name), name, column)
    return embedded


def emotional_embeddings(folder: str, rows: int = 500, seed: int = 0) -> str:
    """A finished folder of embeddings that holds `emotional` rows; returns the folder."""
    return stored(folder, emotional(rows, seed))
