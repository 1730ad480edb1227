"""Manifest rows made from the cells of a user's table: every check that a row must pass.

A manifest row is a dictionary with the columns of `schemas.MANIFEST`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from daf_core.errors import BadInput
from daf_core.schemas import LABEL_RANGE, SPLITS, Row
from daf_core.sources.transcripts.reading import times
from daf_core.sources.transcripts.reading.language import language_tag

ROW_NUMBER = "daf.row"  # key of a row's number, where rows come from memory and go back in order
EDGE_S = 0.5  # transcripts may exceed the audio this much at both ends: times are cut, unflagged


@dataclass(frozen=True)
class AudioSize:
    """Duration and number of channels of a recording, against which utterances are checked."""

    duration_s: float
    channels: int


def manifest_row(cells: dict[str, Any]) -> Row:
    """Make a manifest row of cells by column name; cells of unknown columns go to `meta`.

    Cells may be text or numbers; empty ones become null, and so does a time, channel, label, split
    or confidence that says NA, nan, null, none or "-". utterance_id and recording_id are null where
    the cells do not give them. A language that is no BCP 47 tag or English name goes to `meta`.

    Raises:
        BadInput: a cell does not hold what its column may hold.
    """
    cells = {name: value for name, value in cells.items() if not is_empty(value)}
    language = language_tag(cells.get("language"))
    if language is not None:
        del cells["language"]
    row: Row = {name: parse_cell(name, cells.pop(name, None)) for name in _COLUMNS}
    if row["text"] is None and row["audio_uri"] is None:
        raise BadInput("empty_row", "expected text, audio or both, found neither")
    if (row["start_s"] is None) != (row["end_s"] is None):
        raise BadInput("bad_time", "expected both start_s and end_s or neither, found one of them")
    if row["start_s"] is not None and row["end_s"] <= row["start_s"]:
        raise BadInput(
            "end_before_start",
            f"expected end_s after start_s {row['start_s']}, found {row['end_s']}",
        )
    row["language"] = language
    row["meta"] = {name: _as_text(value) for name, value in cells.items()}
    row["flags"] = []
    return row


def parse_cell(name: str, value: Any) -> Any:
    """Convert a cell to the type of the manifest's column `name`; an empty cell is None.

    Raises:
        BadInput: the cell does not hold such a value; the reason depends on the column.
    """
    missing = is_empty(value) or (name in _MAY_LACK and _says_nothing(value))
    return None if missing else _COLUMNS[name](name, value)


def place_in_recording(row: Row, size: AudioSize) -> Row:
    """Fit a row to its recording.

    A row without times covers the whole recording. An end past the recording is cut, and flagged
    `cut_at_end` where it is more than 0.5 s past. A row with words that starts after the end keeps
    its times and words, and is flagged `outside_recording`.

    Raises:
        BadInput: `outside_recording`: a row without words starts at or after the end of the
            recording; `bad_channel`.
    """
    if row["channel"] is not None and row["channel"] >= size.channels:
        raise BadInput(
            "bad_channel",
            f"expected a channel below {size.channels} of {row['audio_uri']}, "
            f"found {row['channel']}",
        )
    if row["start_s"] is None:
        return {**row, "start_s": 0.0, "end_s": size.duration_s}
    if row["start_s"] >= size.duration_s and row["text"] is not None:
        return {**row, "flags": [*row["flags"], "outside_recording"]}
    if row["start_s"] >= size.duration_s:
        raise BadInput(
            "outside_recording",
            f"expected times within the {size.duration_s:.3f} s of {row['audio_uri']}, "
            f"found {row['start_s']} to {row['end_s']}",
        )
    cut = row["end_s"] > size.duration_s + EDGE_S
    return {
        **row,
        "end_s": min(row["end_s"], size.duration_s),
        "flags": [*row["flags"], *["cut_at_end"] * cut],
    }


def utterance_id(row: Row, clip: str = "") -> str:
    """An id of 16 hex digits, derived from recording, channel, times in milliseconds and text.

    `clip` is part of it where a recording consists of several files, and names one.
    """
    times_ms = [None if row[name] is None else round(row[name] * 1000) for name in _TIMES]
    parts = [row["recording_id"], row["channel"], *times_ms, row["text"], clip]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def quarantine_row(error: BadInput, known: Mapping[str, Any]) -> Row:
    """The quarantine row of an error; `known` are those cells of the row that could be read,
    of which a ROW_NUMBER is kept."""
    names = ("utterance_id", "recording_id", "audio_uri", "file")
    return {
        **{name: None if is_empty(known.get(name)) else _as_text(known[name]) for name in names},
        "stage": "ingest",
        "reason": error.reason,
        "message": error.message,
        **({ROW_NUMBER: known[ROW_NUMBER]} if ROW_NUMBER in known else {}),
    }


def unused_file(file: str, error: BadInput) -> Row:
    """The quarantine row of a file that is not used, for a reason of `errors.FILE_REASONS`."""
    named = BadInput(error.reason, f"{file}: {error.message.removeprefix(f'{file}: ')}")
    return quarantine_row(named, {"file": file})


def is_empty(value: Any) -> bool:
    """Whether a cell is empty: None, white space, or NaN, which some tools write for null."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _says_nothing(value: Any) -> bool:
    """Whether a cell says that there is no value, in the words of pandas, R, SQL or Python."""
    return isinstance(value, str) and value.strip().casefold() in NO_VALUE


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date | time | Decimal | UUID):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float):
        return str(value)
    raise BadInput("bad_row", f"{name}: expected text, found {type(value).__name__}")


def _number(name: str, value: Any, reason: str) -> float:
    """A finite number; the message does not repeat the cell, which may be transcript text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(
            reason,
            f"{name}: expected a number such as 2.5 (with a decimal point)"
            f"{' or a clock time such as 00:01:02.5' * (reason == 'bad_time')}, "
            f"found {_kind(value)}",
        )
    return number


def _kind(value: Any) -> str:
    """What a cell that is no number holds, for a message."""
    if isinstance(value, float):
        return "one that is not finite"
    if not isinstance(value, str):
        return type(value).__name__
    if not any(one.isalpha() for one in value):
        return "other digits and signs"
    words = len(value.split())
    return "a word" if words == 1 else f"{words} words"


def _seconds(name: str, value: Any) -> float:
    """Seconds, given as a number or as a clock time such as 00:01:02.5 or 1:02."""
    clock = times.seconds(value) if isinstance(value, str) and ":" in value else None
    seconds = _number(name, value, "bad_time") if clock is None else clock
    if seconds < -EDGE_S:
        raise BadInput("bad_time", f"{name}: expected 0 or more seconds, found {seconds}")
    return max(seconds, 0.0)


def _channel(name: str, value: Any) -> int:
    channel = _number(name, value, "bad_channel")
    if not (channel.is_integer() and 0 <= channel < 2**31):
        raise BadInput("bad_channel", f"{name}: expected 0, 1, 2 …, found {channel}")
    return int(channel)


def _label(name: str, value: Any) -> float:
    label = _number(name, value, "bad_label")
    low, high = LABEL_RANGE
    if not low <= label <= high:
        raise BadInput(
            "bad_label", f"{name}: expected a number in [{low:g}, {high:g}], found {label}"
        )
    return label


def _fraction(name: str, value: Any) -> float:
    fraction = _number(name, value, "bad_row")
    if not 0 <= fraction <= 1:
        raise BadInput("bad_row", f"{name}: expected a number in [0, 1], found {fraction}")
    return fraction


def _split(name: str, value: Any) -> str:
    split = VALIDATION_SPLITS.get(str(value), str(value))
    if split not in SPLITS:
        raise BadInput("bad_split", f"{name}: expected {', '.join(SPLITS)}, found another word")
    return split


NO_VALUE = frozenset({"nan", "na", "n/a", "<na>", "nat", "null", "none", "-", "--", "#n/a"})
_MAY_LACK = frozenset({"channel", "start_s", "end_s", "label", "split", "text_confidence"})
VALIDATION_SPLITS = {"dev": "valid", "val": "valid", "validation": "valid"}  # used by corpora
_TIMES = ("start_s", "end_s")
_COLUMNS: dict[str, Callable[[str, Any], Any]] = {
    "utterance_id": _text,
    "recording_id": _text,
    "audio_uri": _text,
    "channel": _channel,
    "start_s": _seconds,
    "end_s": _seconds,
    "speaker": _text,
    "role": _text,
    "text": _text,
    "text_confidence": _fraction,
    "label": _label,
    "split": _split,
}
