"""Rows that do not say who speaks get the speakers that the sound tells."""

from typing import TYPE_CHECKING

import numpy as np

from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.schemas import Row
from daf_core.sources.folders.by_voice import voice_activity
from daf_core.sources.folders.who_speaks import WhoSpeaks

if TYPE_CHECKING:
    from daf_core.speakers.turns import Turn

FLAG = "estimated_speaker"


def with_speakers(rows: list[Row], who: WhoSpeaks, cut: bool) -> list[Row]:
    """The rows of one recording with estimated speakers, if `who` asks for them.

    Speakers are "speaker_1", "speaker_2" … in order of their first turn; rows that have one are
    flagged `estimated_speaker`. cut: rows are cut where the speaker changes. Otherwise a row has
    the speaker who speaks longest within it, and none where no speech was found. Where any row has
    a speaker or a channel, the source says who speaks, and all stay as they are. So do rows of a
    recording that cannot be read.
    """
    search = who.speakers
    uri = next((row["audio_uri"] for row in rows), None)
    told = any(row["speaker"] is not None or row["channel"] is not None for row in rows)
    if search is None or uri is None or told:
        return rows
    try:
        with open_recording(uri) as recording:
            turns = search.turns(recording, _speech(rows, recording, cut))
    except BadInput:  # of rows with words, which are flagged when their audio is read
        return rows
    rows = _cut(rows, turns) if cut else _longest(rows, turns)
    return [row if row["speaker"] is None else _told(row, who) for row in rows]


def _speech(rows: list[Row], recording: Recording, cut: bool) -> list[tuple[float, float]]:
    """Where there is speech: rows that are cut are, rows with words may hold pauses and others."""
    if cut:
        return [(row["start_s"], row["end_s"]) for row in rows]
    return voice_activity().segments(recording, None)


def _cut(rows: list[Row], turns: list["Turn"]) -> list[Row]:
    """A row a turn. Rows do not overlap, and each turn lies in one of them."""
    starts = np.array([row["start_s"] for row in rows])
    found = np.searchsorted(starts, [turn.start_s for turn in turns], side="right") - 1
    cut = [
        {**rows[row], "start_s": turn.start_s, "end_s": turn.end_s, "speaker": _name(turn.voice)}
        for row, turn in zip(found, turns, strict=True)
    ]
    silent = sorted(set(range(len(rows))) - set(found.tolist()))
    return [*cut, *(rows[row] for row in silent)]


def _longest(rows: list[Row], turns: list["Turn"]) -> list[Row]:
    """The rows with the speaker of each who speaks longest within it."""
    starts, ends = (np.array([turn[edge] for turn in turns], np.float64) for edge in (0, 1))
    voices = np.array([turn.voice for turn in turns], np.intp)
    named = []
    for row in rows:
        first = int(np.searchsorted(ends, row["start_s"], side="right"))
        last = int(np.searchsorted(starts, row["end_s"], side="left"))
        within = slice(first, max(first, last))
        both = np.minimum(ends[within], row["end_s"]) - np.maximum(starts[within], row["start_s"])
        spoken = np.bincount(voices[within], weights=both)
        named.append({**row, "speaker": _name(int(spoken.argmax()))} if len(spoken) else row)
    return named


def _name(voice: int) -> str:
    return f"speaker_{voice + 1}"


def _told(row: Row, who: WhoSpeaks) -> Row:
    role = row["role"] or who.role_of(row["speaker"])
    return {**row, "role": role, "flags": [*row["flags"], FLAG]}
