"""Folders of scores as the score job leaves them, for tests of the report."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES, polarity
from daf_core.storage.files import join, write_json
from daf_core.storage.parquet import part_name, write


def score(utterance_id: str, recording_id: str = "call", **changes: Any) -> dict[str, Any]:
    """A row of scores with words at -1, tone at 1.5 and sentiment 0.5, but for the `changes`."""
    row: dict[str, Any] = {
        "utterance_id": utterance_id,
        "recording_id": recording_id,
        "channel": 0,
        "speaker": "Ann",
        "role": "agent",
        "start_s": 0.0,
        "end_s": 2.0,
        "sentiment": 0.5,
        "text_weight": 0.4,
        "audio_weight": 0.6,
        "text_sentiment": -1.0,
        "audio_sentiment": 1.5,
        "flags": [],
    }
    row.update(changes)
    words, tone = row["text_sentiment"], row["audio_sentiment"]
    row["disagreement"] = None if words is None or tone is None else abs(tone - words)
    row["polarity"] = polarity(row["sentiment"])
    return row


def agreeing(utterance_id: str, sentiment: float, **changes: Any) -> dict[str, Any]:
    """A row whose words, tone and fused sentiment are the same."""
    same = {"sentiment": sentiment, "text_sentiment": sentiment, "audio_sentiment": sentiment}
    return score(utterance_id, **{**same, **changes})


def publish(
    folder: Path,
    parts: list[list[dict[str, Any]]],
    words: dict[str, str | None] | None = None,
    quarantine: list[dict[str, Any]] | None = None,
    **run_json: Any,
) -> str:
    """Write a folder of scores as the score job leaves it, with a manifest beside it."""
    scores, manifest = str(folder / "scores-of-run"), str(folder / "manifest")
    for index, rows in enumerate(parts):
        table = pa.Table.from_pylist(rows, schema=SCORES)
        write(join(scores, "scores", part_name(index)), table, "scores")
    if words is not None:
        texts = [
            {"utterance_id": key, "recording_id": "call", "text": text}
            for key, text in words.items()
        ]
        table = pa.Table.from_pylist(texts, schema=MANIFEST)
        write(join(manifest, "manifest", part_name(0)), table, "manifest")
        run_json.setdefault("manifest", manifest)
    table = pa.Table.from_pylist(quarantine or [], schema=QUARANTINE)
    write(join(scores, "quarantine", part_name(0)), table, "quarantine")
    write_json(join(scores, "run.json"), run_json)
    return scores
