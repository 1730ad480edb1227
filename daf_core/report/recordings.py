"""What a report says of one recording: its course, its speakers, its lowest and highest moment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.report.charts import Floats, Timeline, clock, time_ticks, timeline

SPEAKERS_AT_MOST = 8
UTTERANCES_FOR_CHANGE = 4  # fewer have no quarters worth comparing


@dataclass(frozen=True)
class Speaker:
    """One speaker's mean sentiment over a recording."""

    name: str
    utterances: int
    mean: float


@dataclass(frozen=True)
class Moment:
    """One utterance of note. `time` is m:ss, or None where the utterance has no time."""

    utterance_id: str
    time: str | None
    who: str
    sentiment: float


@dataclass(frozen=True)
class Recording:
    """One recording as the report draws it. `length` is m:ss of speech span, None without times."""

    recording_id: str
    utterances: int
    mean: float
    change: float | None  # mean of the last quarter less mean of the first
    length: str | None
    speakers: list[Speaker]  # those with most utterances
    more_speakers: int
    lowest: Moment
    highest: Moment
    timeline: Timeline


def describe(recording_id: str, rows: pa.Table) -> Recording:
    """Describe a recording from all of its rows of a scores table (one at least).

    Utterances are placed by time, or by order in the table where any of them has no start.
    """
    timed = rows["start_s"].null_count == 0
    if timed:
        rows = rows.sort_by([("start_s", "ascending"), ("utterance_id", "ascending")])
    sentiment = rows["sentiment"].to_numpy().astype(np.float64)
    start, end, ticks, length = _by_time(rows) if timed else _by_order(rows.num_rows)
    speakers = _speakers(rows)
    return Recording(
        recording_id=recording_id,
        utterances=rows.num_rows,
        mean=float(sentiment.mean()),
        change=_change((start + end) / 2, sentiment),
        length=length,
        speakers=speakers[:SPEAKERS_AT_MOST],
        more_speakers=len(speakers[SPEAKERS_AT_MOST:]),
        lowest=_moment(rows, int(sentiment.argmin())),
        highest=_moment(rows, int(sentiment.argmax())),
        timeline=timeline(start, end, sentiment, _floats(rows["audio_weight"]), ticks),
    )


def who(row: dict[str, Any]) -> str:
    """Name whoever speaks by role and speaker, or else by channel."""
    names = [str(name) for name in (row["role"], row["speaker"]) if name]
    if names:
        return " · ".join(dict.fromkeys(names))
    return "unknown speaker" if row["channel"] is None else f"channel {row['channel']}"


def when(row: dict[str, Any]) -> str | None:
    """Time of an utterance's start as m:ss, None where it has none."""
    return clock(row["start_s"]) if row["start_s"] is not None else None


_Places = tuple[Floats, Floats, list[tuple[float, str]], str | None]


def _by_time(rows: pa.Table) -> _Places:
    start_s = _floats(rows["start_s"])
    end_s = np.fmax(_floats(rows["end_s"]), start_s)  # no end: the utterance is a point in time
    first_s, last_s = float(start_s.min()), float(end_s.max())
    span_s = (last_s - first_s) or 1.0
    ticks = time_ticks(first_s, last_s)
    return (
        (start_s - first_s) / span_s,
        (end_s - first_s) / span_s,
        ticks,
        clock(np.ceil(last_s - first_s)),
    )


def _by_order(count: int) -> _Places:
    edges = np.linspace(0.0, 1.0, count + 1)
    ticks = [(0.0, "first utterance"), (100.0, "last")] if count > 1 else [(0.0, "one utterance")]
    return edges[:-1], edges[1:], ticks, None


def _change(place: Floats, sentiment: Floats) -> float | None:
    first, last = sentiment[place < 0.25], sentiment[place >= 0.75]
    if len(sentiment) < UTTERANCES_FOR_CHANGE or not len(first) or not len(last):
        return None
    return float(last.mean() - first.mean())


def _speakers(rows: pa.Table) -> list[Speaker]:
    """Speakers by number of utterances, most first."""
    values: dict[str, list[float]] = {}
    for row in rows.select(["role", "speaker", "channel", "sentiment"]).to_pylist():
        values.setdefault(who(row), []).append(row["sentiment"])
    speakers = [
        Speaker(name, len(said), float(np.mean(said))) for name, said in sorted(values.items())
    ]
    return sorted(speakers, key=lambda speaker: -speaker.utterances)


def _moment(rows: pa.Table, index: int) -> Moment:
    row = rows.slice(index, 1).to_pylist()[0]
    return Moment(row["utterance_id"], when(row), who(row), row["sentiment"])


def _floats(column: pa.ChunkedArray) -> Floats:
    """Values as float64, NaN for null."""
    values: Floats = column.to_numpy().astype(np.float64)
    return values
