"""Summary of one recording: its course, its speakers, the utterances that stand out."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from daf_core.arrays import BoolArray
from daf_core.calls import summary, utterances
from daf_core.calls.facts import MOMENT_S
from daf_core.calls.marks import is_placed
from daf_core.report.charts import Floats, Timeline, clock, time_ticks, timeline
from daf_core.report.transcript import Lane, Said, lanes_of
from daf_core.schemas import QUARANTINE, Row

SPEAKERS_AT_MOST = 8
FACTS_AT_MOST = 8
LETTERS_AT_MOST = 80  # of a fact's name or value


@dataclass(frozen=True)
class Speaker:
    """One speaker's mean sentiment over a recording."""

    name: str
    utterances: int
    mean: float


@dataclass(frozen=True)
class RecordingSummary:
    """One recording as the report draws it.

    mean, change: as in the table of calls; length: from the start of the first utterance to the
    end of the last, of those with a place on the timeline, m:ss, None without any; speakers: at
    most SPEAKERS_AT_MOST, those with most utterances; about: what the source says of the whole
    recording, such as its queue, at most FACTS_AT_MOST (key, value); surest: the utterance whose
    interval ends lowest, of those that last 1 s where any does; lanes: who speaks when, where
    utterances have times; transcript: all utterances, or none where the page has no room for them.
    """

    recording_id: str
    utterances: int
    mean: float
    change: float | None
    length: str | None
    speakers: list[Speaker]
    more_speakers: int
    about: list[tuple[str, str]]
    lowest: Said
    highest: Said
    surest: Said
    timeline: Timeline
    lanes: list[Lane]
    transcript: list[Said]


def summarise(recording_id: str, rows: pa.Table) -> RecordingSummary:
    """Summarise a recording from all of its rows of a scores table, at least one.

    Its numbers are those of the tables of calls and speakers. Utterances are placed by time, and
    those without a place on the timeline come last; where none has one, by their order.
    """
    calls, of_speakers = summary.summarise(rows, QUARANTINE.empty_table(), None)
    (call,) = calls.to_pylist()
    rows, places = placed(rows)
    sentiment = rows["sentiment"].to_numpy().astype(np.float64)
    speakers = sorted(of_speakers.to_pylist(), key=lambda row: -row["utterances"])
    said = _said(rows, places.start)
    by_id = {one.utterance_id: one for one in said}
    return RecordingSummary(
        recording_id=recording_id,
        utterances=rows.num_rows,
        mean=call["sentiment"],
        change=call["change"],
        length=places.length,
        speakers=[
            Speaker(who(row), row["utterances"], row["sentiment"])
            for row in speakers[:SPEAKERS_AT_MOST]
        ],
        more_speakers=len(speakers[SPEAKERS_AT_MOST:]),
        about=[
            (key[:LETTERS_AT_MOST], value[:LETTERS_AT_MOST])
            for key, value in call["meta"][:FACTS_AT_MOST]
        ],
        lowest=by_id[call["lowest_utterance_id"]],
        highest=by_id[call["highest_utterance_id"]],
        surest=_surest(said, rows),
        timeline=timeline(
            places.start, places.end, sentiment, _floats(rows["audio_weight"]), places.ticks
        ),
        lanes=lanes_of(places.start, places.end, [one.who for one in said]) if places.timed else [],
        transcript=said,
    )


def _said(rows: pa.Table, start: Floats) -> list[Said]:
    """The utterances; start: (rows,) in [0, 1] of the recording, NaN without a place."""
    names = ["utterance_id", "role", "speaker", "channel", "start_s", "sentiment"]
    names += ["interval_low", "interval_high", "audio_weight", "flags"]
    return [
        Said(
            row["utterance_id"],
            when(row),
            who(row),
            row["sentiment"],
            None if np.isnan(place) else round(100 * place, 1),
            None if row["interval_low"] is None else (row["interval_low"], row["interval_high"]),
            row["audio_weight"] == 1,
            "other_language" in row["flags"],
        )
        for row, place in zip(rows.select(names).to_pylist(), start.tolist(), strict=True)
    ]


def _surest(said: list[Said], rows: pa.Table) -> Said:
    lasts = _floats(rows["end_s"]) - _floats(rows["start_s"])
    moments = is_placed(rows) & (lasts >= MOMENT_S)
    long = [one for one, is_long in zip(said, moments, strict=True) if is_long]
    return min(long or said, key=lambda one: one.at_most)


def who(row: Row) -> str:
    """Name of the speaker of a row: role and speaker, or else the channel."""
    return utterances.Speaker(row["channel"], row["speaker"], row["role"]).label


def when(row: Row) -> str | None:
    """Start of a row's utterance as m:ss, None if it has no start."""
    return clock(row["start_s"]) if row["start_s"] is not None else None


class Places(NamedTuple):
    """Where the utterances of a recording are drawn.

    start, end: (utterances,) in [0, 1] of the width, NaN without a place; ticks: of the axis;
    timed: whether by time, else by order; length: of the axis, m:ss, None by order.
    """

    start: Floats
    end: Floats
    ticks: list[tuple[float, str]]
    timed: bool
    length: str | None


def placed(rows: pa.Table) -> tuple[pa.Table, Places]:
    """The rows of a recording, at least one, by start, those without times last; and their places:
    by time, or by order where none has a place on the timeline (`marks.is_placed`).
    """
    if rows["start_s"].null_count < len(rows):
        rows = rows.sort_by([("start_s", "ascending"), ("utterance_id", "ascending")])
    on_timeline = is_placed(rows)
    return rows, _by_time(rows, on_timeline) if on_timeline.any() else _by_order(len(rows))


def _by_time(rows: pa.Table, on_timeline: BoolArray) -> Places:
    start_s, end_s = (
        np.where(on_timeline, _floats(rows[name]), np.nan) for name in ("start_s", "end_s")
    )
    end_s = np.maximum(start_s, end_s)
    first_s, last_s = float(np.nanmin(start_s)), float(np.nanmax(end_s))
    span_s = (last_s - first_s) or 1.0
    return Places(
        (start_s - first_s) / span_s,
        (end_s - first_s) / span_s,
        time_ticks(first_s, last_s),
        True,
        clock(np.ceil(last_s - first_s)),
    )


def _by_order(count: int) -> Places:
    edges = np.linspace(0.0, 1.0, count + 1)
    ticks = [(0.0, "first utterance"), (100.0, "last")] if count > 1 else [(0.0, "one utterance")]
    return Places(edges[:-1], edges[1:], ticks, False, None)


def _floats(column: pa.ChunkedArray) -> Floats:
    """Values as float64, NaN for null."""
    values: Floats = column.to_numpy().astype(np.float64)
    return values
