"""Manifest rows made from the cells of a user's table: every check that a row must pass.

A manifest row is a dictionary with the columns of `schemas.MANIFEST`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from daf_core.errors import BadInput
from daf_core.schemas import TIME_FLAGS, Row
from daf_core.sources.cells import COLUMNS, EDGE_S, is_empty, parse_cell
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.storage.uris import shown

LONGEST_META = 1 << 20  # characters of a row
ROW_NUMBER = "daf.row"  # key of a row's number, where rows come from memory and go back in order
_TIMES = ("start_s", "end_s")
_NAMES = ("utterance_id", "recording_id", "audio_uri", "file")


@dataclass(frozen=True)
class AudioSize:
    """Duration and number of channels of a recording, against which utterances are checked; the
    flags of all its rows.
    """

    duration_s: float
    channels: int
    flags: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What a message adds on sound that is missed."""
        if "unheard_rest" in self.flags:
            return "; its file goes on after the sound that is decoded (joined files, wrong header)"
        if "ends_early" in self.flags:
            return (
                "; its file ends before its header says (copied in part, an interrupted recorder)"
            )
        return ""


def manifest_row(cells: Row) -> Row:
    """Make a manifest row of cells by column name; cells of unknown columns go to `meta`.

    Cells may be text or numbers; empty ones become null, and so does a time, channel, label, split
    or confidence that says NA, nan, null, none or "-". A cell that holds the words of the row a
    second time is left out, so that they are nowhere where they are redacted or dropped.
    utterance_id and recording_id are null where the cells do not give them. A language that is no
    BCP 47 tag or English name goes to `meta`.
    Of a row with words whose times cannot be used the words stay, without times; a flag says why.

    Raises:
        BadInput: a cell does not hold what its column may hold.
    """
    cells = {name: value for name, value in cells.items() if not is_empty(value)}
    language = language_tag(cells.get("language"))
    if language is not None:
        del cells["language"]
    times = {name: cells.pop(name, None) for name in _TIMES}
    row: Row = {name: parse_cell(name, cells.pop(name, None)) for name in COLUMNS}
    if row["text"] is None and row["audio_uri"] is None:
        raise BadInput("empty_row", "expected text, audio or both, found neither")
    row["flags"] = []
    try:
        row |= _checked_times(times)
    except BadInput as err:
        if row["text"] is None:
            raise
        row["flags"].append(err.reason)
    row["language"] = language
    meta = {name: as_text(value) for name, value in cells.items()}
    row["meta"] = _without_words(meta, row["text"] or "")
    size = sum(len(name) + len(value) for name, value in row["meta"].items())
    if size > LONGEST_META:
        raise BadInput(
            "bad_row",
            f"expected at most {LONGEST_META} characters in columns that are none of ours, "
            f"found {size}",
        )
    return row


def _checked_times(cells: Row) -> Row:
    """start_s and end_s of a row, both or neither."""
    start_s, end_s = (parse_cell(name, cells[name]) for name in _TIMES)
    if (start_s is None) != (end_s is None):
        raise BadInput("bad_time", "expected both start_s and end_s or neither, found one of them")
    if start_s is not None and end_s <= start_s:
        raise BadInput("end_before_start", f"expected end_s after start_s {start_s}, found {end_s}")
    return {"start_s": start_s, "end_s": end_s}


def place_in_recording(row: Row, size: AudioSize) -> Row:
    """Fit a row to its recording.

    A row without times covers the whole recording. An end past the recording is cut, and flagged
    `cut_at_end` where it is more than 0.5 s past. A row with words that starts after the end keeps
    its times and words, and is flagged `outside_recording`. A row with words whose times cannot be
    used stays as it is. Each gets the flags of the recording.

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
    untimed = TIME_FLAGS.intersection(row["flags"])
    row = {**row, "flags": [*row["flags"], *size.flags]}
    if untimed:
        return row
    if row["start_s"] is None:
        return {**row, "start_s": 0.0, "end_s": size.duration_s}
    if row["start_s"] >= size.duration_s and row["text"] is not None:
        return {**row, "flags": [*row["flags"], "outside_recording"]}
    if row["start_s"] >= size.duration_s:
        raise BadInput(
            "outside_recording",
            f"expected times within the {size.duration_s:.3f} s of {row['audio_uri']}, "
            f"found {row['start_s']} to {row['end_s']}{size.remark}",
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
    """The quarantine row of an error; `known` are those cells of the row that could be read, of
    which a ROW_NUMBER is kept, and what is known of its recording (`meta`).
    """
    return {
        **{name: None if is_empty(known.get(name)) else _named(known[name]) for name in _NAMES},
        "stage": "ingest",
        "reason": error.reason,
        "message": error.message,
        "meta": known.get("meta") or None,
        **({ROW_NUMBER: known[ROW_NUMBER]} if ROW_NUMBER in known else {}),
    }


def known_of(cells: Mapping[str, Any]) -> Row:
    """What is known of a row that cannot be used, of its cells by column name: what names it, and
    in `meta` those of unknown columns, as `manifest_row` has them.
    """
    named = {name: cells[name] for name in (*_NAMES, ROW_NUMBER) if name in cells}
    ours = (*COLUMNS, "language", "audio_path", ROW_NUMBER)
    meta = {
        name: as_text(value)
        for name, value in cells.items()
        if name not in ours and not is_empty(value)
    }
    meta = _without_words(meta, as_text(cells.get("text") or ""))
    fits = sum(len(name) + len(value) for name, value in meta.items()) <= LONGEST_META
    return {**named, "meta": meta if fits else {}}


def _without_words(meta: dict[str, str], text: str) -> dict[str, str]:
    """`meta` without the values that hold the same words as the text: two or more, whatever their
    letter case and punctuation.
    """
    alike = [
        one for one in meta if len(text) <= 2 * len(meta[one]) <= min(4 * len(text), LONGEST_META)
    ]
    words = _words(text) if alike else []
    again = {name for name in alike if len(words) > 1 and _words(meta[name]) == words}
    return {name: value for name, value in meta.items() if name not in again}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def as_text(value: Any) -> str:
    """A cell as text: lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, date | time | Decimal | UUID):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _named(value: Any) -> str:
    """A cell that names something, for the quarantine: no credentials, no endless name."""
    return shown(as_text(value))


def unused_file(file: str, error: BadInput) -> Row:
    """The quarantine row of a file that is not used, for a reason of `errors.FILE_REASONS`."""
    named = BadInput(error.reason, f"{file}: {error.message.removeprefix(f'{file}: ')}")
    return quarantine_row(named, {"file": file})
