"""Calls without an utterance: silent ones, and those that could not be read."""

from collections import Counter

import pyarrow as pa

from daf_core.calls.facts import without_rows
from daf_core.calls.marks import SOUNDS
from daf_core.schemas import Row

Meta = list[tuple[str, str]]
# Quarantined for these alone, a recording is silent rather than refused.
_SILENT = frozenset({"no_speech", "silent_audio", "empty_audio", "no_cues"})


def unscored(recording_id: str, refused: Counter[str], sounds: Counter[str], meta: Meta) -> Row:
    """Of a recording without an utterance. sounds: its rows that are tones or music."""
    return {
        "recording_id": recording_id,
        "status": "silent" if refused.keys() <= _SILENT else "refused",
        "reason": most_frequent(refused or sounds),
        "speakers": 0,
        "quarantined": refused.total(),
        "meta": meta,
        **without_rows(),
    }


def sounds_of(scores: pa.Table) -> dict[str, Counter[str]]:
    """How many rows of each recording are a tone, or music."""
    found: dict[str, Counter[str]] = {}
    for one in scores.select(["recording_id", "flags"]).to_pylist():
        own = found.setdefault(one["recording_id"], Counter())
        own.update(flag for flag in one["flags"] if flag in SOUNDS)
    return found


def metas_of(*tables: pa.Table) -> dict[str, list[Meta]]:
    """What is known of each recording by the rows of tables, of those that tell any of it."""
    found: dict[str, list[Meta]] = {}
    for table in tables:
        for one in table.select(["recording_id", "meta"]).to_pylist():
            own = found.setdefault(one["recording_id"], [])
            if one["meta"]:
                own.append(one["meta"])
    return found


def most_frequent(counts: Counter[str]) -> str | None:
    """Of equally frequent ones, the first by name."""
    return min(counts, key=lambda one: (-counts[one], one), default=None)
