"""Decode one part of a manifest: its rows with the audio of each, opened once per recording."""

from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.audio import Recording, audio_flags, open_recording
from daf_core.errors import BadInput
from daf_core.schemas import MANIFEST

# A decoded part: manifest rows, each with 16-bit mono samples at 16 kHz (null: no usable audio),
# flags, and a reason (null: has something to score) with its message.
DECODED = pa.schema(
    [
        *MANIFEST,
        pa.field("samples", pa.large_binary()),
        pa.field("flags", pa.list_(pa.string())),
        pa.field("reason", pa.string()),
        pa.field("message", pa.string()),
    ]
)


def decode_part(rows: pa.Table, audio: bool = True) -> pa.Table:
    """Add audio to the `rows` of one manifest part; returns a DECODED table, same rows in order.

    Never raises for a bad recording or row. A row whose audio cannot be used is flagged and keeps
    its text; without text it gets a `reason`. With `audio` false no recording is opened.
    """
    decoded = [DECODED.empty_table()]  # a table a recording: a part of samples is held only once
    for uri, group in groupby(rows.to_pylist(), key=lambda row: row["audio_uri"]):
        if uri is None or not audio:
            found = [_without_audio(row) for row in group]
        else:
            found = _with_audio(uri, list(group))
        decoded.append(pa.Table.from_pylist(found, schema=DECODED))
    return pa.concat_tables(decoded)


def give_up(rows: pa.Table, reason: str, message: str) -> pa.Table:
    """The `rows` of a manifest part as a DECODED table in which none can be used."""
    decoded = [_row(row, reason=reason, message=message) for row in rows.to_pylist()]
    return pa.Table.from_pylist(decoded, schema=DECODED)


def _without_audio(row: dict[str, Any]) -> dict[str, Any]:
    if row["text"] is not None:
        return _row(row, flags=["no_audio"])
    if row["audio_uri"] is None:
        return _row(row, reason="empty_row", message="the row has neither text nor audio")
    return _row(row, reason="unused_modality", message="the row has only audio, which is not used")


def _with_audio(uri: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one recording."""
    try:
        with open_recording(uri) as recording:
            return [_cut(recording, row) for row in rows]
    except BadInput as err:
        return [_unusable_audio(row, err) for row in rows]


def _cut(recording: Recording, row: dict[str, Any]) -> dict[str, Any]:
    start_s, end_s = row["start_s"], row["end_s"]
    try:
        if start_s is None:  # of a recording that could not be measured when it was ingested
            start_s, end_s = 0.0, recording.duration_s
        samples = recording.read(start_s, end_s, row["channel"])
        if not len(samples):
            raise BadInput(
                "outside_recording",
                f"{row['audio_uri']}: expected audio from {start_s:.2f} to {end_s:.2f} s, "
                f"the recording ends at {recording.duration_s:.2f} s",
            )
    except BadInput as err:
        return _unusable_audio(row, err)
    flags = audio_flags(samples) + ([] if row["text"] is not None else ["no_text"])
    pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    return _row(row, flags=flags, samples=pcm.tobytes())


def _unusable_audio(row: dict[str, Any], err: BadInput) -> dict[str, Any]:
    if row["text"] is not None:
        return _row(row, flags=["no_audio", err.reason])
    return _row(row, reason=err.reason, message=err.message)


def _row(row: dict[str, Any], **decoded: Any) -> dict[str, Any]:
    return {**row, "samples": None, "flags": [], "reason": None, "message": None, **decoded}
