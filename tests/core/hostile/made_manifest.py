"""A recording of a tone, and a manifest of recordings."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile

from daf_core.schemas import MANIFEST


def tone(path: Path, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * 16_000)) / 16_000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 300 * times), 16_000)
    return path


def manifest(*uris: str) -> pa.Table:
    rows: list[dict[str, object]] = [
        {
            **dict.fromkeys(MANIFEST.names),
            "utterance_id": str(number),
            "recording_id": "r",
            "audio_uri": uri,
            "text": "words" if number % 2 else None,
            "meta": [],
            "flags": [],
        }
        for number, uri in enumerate(uris)
    ]
    return pa.Table.from_pylist(rows, schema=MANIFEST)
