"""Scores tables for tests, of utterances that are written down."""

from typing import Any

import pyarrow as pa

from daf_core.schemas import QUARANTINE, SCORES

FILLED: dict[str, Any] = dict.fromkeys(SCORES.names) | {"meta": [], "flags": [], "polarity": ""}


def scores_of(rows: list[dict[str, Any]]) -> pa.Table:
    """A scores table of rows that name some columns."""
    named = [
        FILLED | {"utterance_id": f"u{number}", "recording_id": "call"} | row
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(named, SCORES)


def quarantine_of(rows: list[tuple[str, str]]) -> pa.Table:
    """A quarantine of (recording id, reason)."""
    blank = dict.fromkeys(QUARANTINE.names) | {"stage": "ingest", "message": ""}
    named = [blank | {"recording_id": one, "reason": reason} for one, reason in rows]
    return pa.Table.from_pylist(named, QUARANTINE)


NOTHING = quarantine_of([])
