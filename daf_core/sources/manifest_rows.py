"""From the cells of a foreign row to a manifest row: every check that a row must pass.

A manifest row is a dict by column of `schemas.MANIFEST`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daf_core.errors import BadInput
from daf_core.schemas import LABEL_RANGE, SPLITS

Row = dict[str, Any]
ROW_NUMBER = "daf.row"  # key of a row's number, where rows come from memory and go back in order
EDGE_S = 0.5  # transcripts run over both ends of the audio by this much: cut, not refused


@dataclass(frozen=True)
class AudioSize:
    """What placing an utterance needs to know about a recording."""

    duration_s: float
    channels: int


def manifest_row(cells: dict[str, Any]) -> Row:
    """Make a manifest row of the cells with its columns' names; all other cells go to `meta`.

    Cells may be text or numbers; empty ones are null. utterance_id and recording_id stay null
    where the cells do not give them.

    Raises:
        BadInput: a cell does not hold what its column may hold.
    """
    cells = {name: value for name, value in cells.items() if not is_empty(value)}
    row: Row = {name: parse_cell(name, cells.pop(name, None)) for name in _COLUMNS}
    if row["text"] is None and row["audio_uri"] is None:
        raise BadInput("empty_row", "expected text, audio or both, found neither")
    if (row["start_s"] is None) != (row["end_s"] is None):
        raise BadInput("bad_time", "expected start_s and end_s or neither, found only one")
    if row["start_s"] is not None and row["end_s"] <= row["start_s"]:
        raise BadInput(
            "end_before_start", f"expected end_s after start_s {row['start_s']}, got {row['end_s']}"
        )
    row["meta"] = {name: _as_text(value) for name, value in cells.items()}
    return row


def parse_cell(name: str, value: Any) -> Any:
    """Read a cell as what the manifest's column `name` holds; an empty one is null.

    Raises:
        BadInput: with the reason that belongs to the column.
    """
    return None if is_empty(value) else _COLUMNS[name](name, value)


def place_in_recording(row: Row, size: AudioSize) -> Row:
    """Fit a row to its recording: without times it covers all of it; an end just past it is cut.

    Raises:
        BadInput: `outside_recording` (start at or after its end, or end over 0.5 s past it), or
            `bad_channel`.
    """
    if row["channel"] is not None and row["channel"] >= size.channels:
        raise BadInput(
            "bad_channel",
            f"expected a channel under {size.channels} of {row['audio_uri']}, got {row['channel']}",
        )
    if row["start_s"] is None:
        return {**row, "start_s": 0.0, "end_s": size.duration_s}
    if row["start_s"] >= size.duration_s or row["end_s"] > size.duration_s + EDGE_S:
        raise BadInput(
            "outside_recording",
            f"expected times within the {size.duration_s:.3f} s of {row['audio_uri']}, "
            f"got {row['start_s']} to {row['end_s']}",
        )
    return {**row, "end_s": min(row["end_s"], size.duration_s)}


def utterance_id(row: Row, clip: str = "") -> str:
    """Derive an id of 16 hex digits: same recording, channel, milliseconds and text, same id.

    `clip` tells files apart where one recording comes as several.
    """
    times_ms = [None if row[name] is None else round(row[name] * 1000) for name in _TIMES]
    parts = [row["recording_id"], row["channel"], *times_ms, row["text"], clip]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def quarantined(error: BadInput, known: Mapping[str, Any]) -> Row:
    """Make a quarantine row of a row, or of as much of it as is known; a ROW_NUMBER is kept."""
    names = ("utterance_id", "recording_id", "audio_uri")
    return {
        **{name: None if is_empty(known.get(name)) else _as_text(known[name]) for name in names},
        "stage": "ingest",
        "reason": error.reason,
        "message": error.message,
        **({ROW_NUMBER: known[ROW_NUMBER]} if ROW_NUMBER in known else {}),
    }


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing: null, white space, or NaN, which some write for null."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _words(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float):
        return str(value)
    raise BadInput("bad_row", f"{name}: expected text, got {type(value).__name__}")


def _number(name: str, value: Any, reason: str) -> float:
    """A finite number; the message never repeats the cell, which may hold anything."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(reason, f"{name}: expected a number, got {_sort_of(value)}")
    return number


def _sort_of(value: Any) -> str:
    if isinstance(value, float):
        return "one that is not finite"
    if not isinstance(value, str):
        return type(value).__name__
    if not any(one.isalpha() for one in value):
        return "digits and signs that are none, as 2,5 is not 2.5"
    words = len(value.split())
    return "a word" if words == 1 else f"{words} words"


def _seconds(name: str, value: Any) -> float:
    seconds = _number(name, value, "bad_time")
    if seconds < -EDGE_S:
        raise BadInput("bad_time", f"{name}: expected 0 or more seconds, got {seconds}")
    return max(seconds, 0.0)


def _channel(name: str, value: Any) -> int:
    channel = _number(name, value, "bad_channel")
    if not (channel.is_integer() and 0 <= channel < 2**31):
        raise BadInput("bad_channel", f"{name}: expected 0, 1, …, got {channel}")
    return int(channel)


def _label(name: str, value: Any) -> float:
    label = _number(name, value, "bad_label")
    low, high = LABEL_RANGE
    if not low <= label <= high:
        raise BadInput(
            "bad_label", f"{name}: expected a number in [{low:g}, {high:g}], got {label}"
        )
    return label


def _split(name: str, value: Any) -> str:
    split = VALIDATION_SPLITS.get(str(value), str(value))
    if split not in SPLITS:
        raise BadInput("bad_split", f"{name}: expected {', '.join(SPLITS)}, got something else")
    return split


VALIDATION_SPLITS = {"dev": "valid", "val": "valid", "validation": "valid"}  # as corpora call it
_TIMES = ("start_s", "end_s")
_COLUMNS: dict[str, Callable[[str, Any], Any]] = {
    "utterance_id": _words,
    "recording_id": _words,
    "audio_uri": _words,
    "channel": _channel,
    "start_s": _seconds,
    "end_s": _seconds,
    "speaker": _words,
    "role": _words,
    "text": _words,
    "label": _label,
    "split": _split,
}
