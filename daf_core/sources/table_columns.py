"""Which column of a table is which of ours: by its name, by `rename`, and what it may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from daf_core.errors import SettingsError
from daf_core.sources.no_words import says_no_words
from daf_core.sources.table_times import Times, find_times
from daf_core.sources.table_types import Cells, Table, shown_columns

COLUMNS = (  # that mean something here; others are kept as they are, in `meta`
    *("text", "audio_path", "audio_uri", "channel", "start_s", "end_s", "speaker", "role"),
    *("recording_id", "utterance_id", "label", "split"),
)
# What tools call columns, where a table has none of ours; `table_times` knows those of times.
ALIASES = {
    "file": "audio_path", "filename": "audio_path", "file_name": "audio_path",
    "audio": "audio_path",
    "audio_file": "audio_path", "audio_filepath": "audio_path",
    "transcript": "text", "transcription": "text", "sentence": "text",
}  # fmt: skip
# Columns that often name what `recording_id` does; which one does is for the user to say.
_MAY_NAME_RECORDINGS = (
    *("recording", "call_id", "call", "conversation_id", "conversation", "dialogue_id"),
    *("dialog_id", "session_id", "meeting_id", "episode_id", "video_id", "video"),
)
_INSTEAD = {"audio_path": "audio_uri"}  # a column that says the same
NUMBERS = frozenset({"channel", "start_s", "end_s", "label"})
_DECIMAL_COMMA = re.compile(r"-?(?:0|[1-9]\d{0,8}|[1-9]\d{0,2}(?:\.\d{3}){1,3}),\d{1,6}", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """How the columns of a table are read.

    ours: the table's name of a column → ours, or the same where it has none of ours; left_out:
    columns of bytes that nobody named; notes: what was taken for what, one line each; times: how
    times are read.
    """

    ours: Mapping[str, str]
    left_out: frozenset[str]
    notes: tuple[str, ...]
    decimal_comma: bool
    times: Times

    @classmethod
    def of_table(cls, table: Table, uri: str, rename: Mapping[str, str]) -> "Columns":
        """Find our columns among those of the table at `uri`.

        A name may have blanks around it, or another case, or be one of `ALIASES`, where no other
        column has it; each such guess is told in a line.

        Raises:
            SettingsError: `rename` names a column that the table does not have, two columns are
                one of ours, or one of ours cannot be read from what the column holds.
        """
        ours = dict(zip(table.columns, table.columns, strict=True))
        notes = list(table.notes)
        renamed = {theirs: find_column(theirs, table.columns) for theirs in rename}
        if missing := [theirs for theirs, found in renamed.items() if found is None]:
            raise SettingsError(
                f"{uri}: expected a column {', '.join(missing)}, found "
                f"{shown_columns(table.columns)}; `rename` THEIRS=OURS maps column names"
            )
        taken = {found: rename[theirs] for theirs, found in renamed.items() if found is not None}
        ours |= taken
        for name in COLUMNS:
            found = find_column(name, [theirs for theirs in table.columns if theirs not in taken])
            if name not in ours.values() and found is not None:
                ours[found] = name
                notes.append(f'column "{found}" is read as "{name}"')
        for alias, name in ALIASES.items():
            if not {name, _INSTEAD.get(name)} & {*ours.values()} and ours.get(alias) == alias:
                ours[alias] = name
                notes.append(f'column "{alias}" is read as "{name}"')
        notes += _recordings_by(table.columns, {*ours.values()})
        free = [theirs for theirs in table.columns if ours[theirs] == theirs]
        times = find_times(free, {*ours.values()}, table.types)
        ours |= times.ours
        notes += times.notes
        if len({*ours.values()}) < len(ours):
            raise SettingsError(
                f"{uri}: expected different column names after `rename`, found "
                f"{shown_columns([*ours.values()])}"
            )
        for theirs, name in ours.items():
            _check_type(uri, theirs, name, table.types.get(theirs))
        left_out = frozenset(
            name for name, kind in table.types.items() if holds_bytes(kind) and ours[name] == name
        )
        for name in sorted(left_out):
            how = (
                f"; `rename` {name}=audio_path reads it"
                if is_stored_audio(table.types[name])
                else ""
            )
            notes.append(f"column {shown_columns([name])} holds bytes and is left out{how}")
        return cls(ours, left_out, tuple(notes), table.decimal_comma, times)

    def read(self, cells: Cells) -> Cells:
        """The cells of a row under our names."""
        found = {
            self.ours.get(name, name): value
            for name, value in cells.items()
            if name not in self.left_out
        }
        if says_no_words(found.get("text")):
            found["text"] = None
        if self.decimal_comma:
            numbers = {*NUMBERS, *([self.times.duration] if self.times.duration else [])}
            for name, value in found.items():
                if name in numbers:
                    found[name] = _with_point(value)
                elif name not in COLUMNS:
                    found[name] = decimal_point(value)
        return self.times.in_seconds(found)

    def theirs(self, name: str) -> str:
        """The table's name of our column `name`."""
        return next(theirs for theirs, ours in self.ours.items() if ours == name)


def _recordings_by(columns: list[str], ours: set[str]) -> list[str]:
    """A note where rows of one recording may belong together by a column of another name."""
    found = [
        one for one in (find_column(name, columns) for name in _MAY_NAME_RECORDINGS) if one in ours
    ]
    if "recording_id" in ours or not found:
        return []
    each = "file" if {"audio_path", "audio_uri"} & ours else "row"
    return [
        f"each {each} is a recording of its own; if a recording is what has the same "
        f'"{found[0]}", give `rename` {found[0]}=recording_id'
    ]


def find_column(name: str, columns: list[str]) -> str | None:
    """The column of this name; else the only one that differs by blanks around it or in case."""
    if name in columns:
        return name
    alike = [one for one in columns if one.strip().casefold() == name.strip().casefold()]
    return alike[0] if len(alike) == 1 else None


def is_stored_audio(kind: pa.DataType) -> bool:
    """Whether a column of this type holds recordings: bytes, or Hugging Face's {bytes, path}."""
    if pa.types.is_struct(kind):
        return {"bytes", "path"} <= {kind.field(number).name for number in range(kind.num_fields)}
    return _is_binary(kind)


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this type holds bytes, at any depth, which no text can be made of."""
    within = (kind.field(number).type for number in range(kind.num_fields))
    return _is_binary(kind) or is_audio_struct(kind) or any(map(holds_bytes, within))


def is_audio_struct(kind: pa.DataType) -> bool:
    """Whether a column of this type holds Hugging Face's {bytes, path}."""
    return bool(pa.types.is_struct(kind)) and is_stored_audio(kind)


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in (*tests, pa.types.is_binary_view))


def _check_type(uri: str, theirs: str, ours: str, kind: pa.DataType | None) -> None:
    if kind is None or ours not in COLUMNS or (ours == "audio_path" and is_stored_audio(kind)):
        return
    if pa.types.is_nested(kind) or holds_bytes(kind):
        expected = "numbers" if ours in NUMBERS else "text"
        audio = (
            "; a column of recordings is `rename`d to audio_path" if is_stored_audio(kind) else ""
        )
        raise SettingsError(
            f"{uri}: expected {expected} in column {shown_columns([theirs])}, which is read as "
            f"{ours}, found {_kind(kind)}{audio}"
        )


def _kind(kind: pa.DataType) -> str:
    if _is_binary(kind):
        return "bytes"
    if not pa.types.is_struct(kind):
        return "maps" if pa.types.is_map(kind) else "lists"
    names = [kind.field(number).name for number in range(min(8, kind.num_fields))]
    return f"structs of {shown_columns(names)}"


def _with_point(value: Any) -> Any:
    """A cell with a decimal comma, as tables with semicolons have it, with a point."""
    if isinstance(value, str) and value.count(",") == 1 and "." not in value:
        return value.replace(",", ".")
    return value


def decimal_point(value: Any) -> Any:
    """A cell that is a number with a decimal comma, such as 2,5 or 1.234,50, with a point alone;
    any other as it is.
    """
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(bare := value.strip()):
        return bare.replace(".", "").replace(",", ".")
    return value


def check_rename(rename: Mapping[str, str]) -> None:
    """Check that columns are renamed to ours.

    Raises:
        SettingsError: `rename` names none of them.
    """
    for theirs, ours in rename.items():
        if ours not in COLUMNS:
            raise SettingsError(
                f"`rename` {theirs}={ours}: expected one of {', '.join(COLUMNS)} after the ="
            )


def check_speaks(uri: str, columns: Columns) -> None:
    """Check that a table has words or sound.

    Raises:
        SettingsError: it has neither.
    """
    if not {"text", "audio_path", "audio_uri"} & set(columns.ours.values()):
        raise SettingsError(
            f"{uri}: expected a column text, audio_path or audio_uri, found "
            f"{shown_columns([*columns.ours])}; `rename` THEIRS=OURS maps column names"
        )
