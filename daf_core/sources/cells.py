"""Cells of a user's table as values of the manifest's columns: the checks of single cells."""

import math
from collections.abc import Callable
from typing import Any

from daf_core.errors import BadInput
from daf_core.schemas import LABEL_RANGE, SPLITS, STRANGE
from daf_core.sources.transcripts.reading import times

LONGEST_TEXT = 4 << 20  # characters of an utterance: words of a whole day
LONGEST_NAME = 4096  # of ids, speakers and roles; the longest path of a file
LATEST_S = 1e13  # above any count of milliseconds since 1970, far below where arithmetic fails
EDGE_S = 0.5  # transcripts may exceed the audio this much at both ends: times are cut, unflagged


def parse_cell(name: str, value: Any, like: str | None = None) -> Any:
    """Convert a cell to the type of the manifest's column `name`; an empty cell is None.

    like: the column of which the values are, where `name` is none of the manifest's.

    Raises:
        BadInput: the cell does not hold such a value; the reason depends on the column.
    """
    column = like or name
    missing = is_empty(value) or (column in _MAY_LACK and _says_nothing(value))
    return None if missing else COLUMNS[column](name, value)


def is_empty(value: Any) -> bool:
    """Whether a cell is empty: None, white space, or NaN, which some tools write for null."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _says_nothing(value: Any) -> bool:
    """Whether a cell says that there is no value, in the words of pandas, R, SQL or Python."""
    return isinstance(value, str) and value.strip().casefold() in NO_VALUE


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return _bounded(name, value.strip())
    if isinstance(value, float) or (isinstance(value, int) and abs(value) <= LATEST_S**2):
        return str(value)
    raise BadInput("bad_row", f"{name}: expected text, found {type(value).__name__}")


def _bounded(name: str, value: str) -> str:
    longest = LONGEST_TEXT if name in ("text", "audio_uri") else LONGEST_NAME
    if len(value) > longest:
        raise BadInput(
            "bad_row", f"{name}: expected at most {longest} characters, found {len(value)}"
        )
    return value


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
    if seconds > LATEST_S:
        raise BadInput("bad_time", f"{name}: expected at most {LATEST_S:g} seconds, found more")
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
    word = str(value).strip().casefold()
    split = OTHER_SPLITS.get(word, word)
    if split not in (*SPLITS, STRANGE):
        raise BadInput(
            "bad_split",
            f"{name}: expected {', '.join((*SPLITS, STRANGE, *OTHER_SPLITS))}, found another "
            f"word; write the one that is meant, or leave the cell empty",
        )
    return split


NO_VALUE = frozenset({"nan", "na", "n/a", "<na>", "nat", "null", "none", "-", "--", "#n/a", "\\n"})
_MAY_LACK = frozenset({"channel", "start_s", "end_s", "label", "split", "text_confidence"})
OTHER_SPLITS = {  # what corpora call them, in any case
    **dict.fromkeys(("dev", "val", "validation", "development"), "valid"),
    "training": "train",
    "testing": "test",
}
COLUMNS: dict[str, Callable[[str, Any], Any]] = {
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
