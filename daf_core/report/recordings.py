"""Summary of one recording: its course, its speakers, its lowest and highest utterance."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from daf_core.calls import utterances
from daf_core.report.charts import Floats, Timeline, clock, time_ticks, timeline
from daf_core.report.transcript import Lane, Said, lanes_of
from daf_core.schemas import Row

SPEAKERS_AT_MOST = 8
FACTS_AT_MOST = 8
LETTERS_AT_MOST = 80  # of a fact's name or value
UTTERANCES_FOR_CHANGE = 4  # the fewest that have quarters to compare


@dataclass(frozen=True)
class Speaker:
    """One speaker's mean sentiment over a recording."""

    name: str
    utterances: int
    mean: float


@dataclass(frozen=True)
class Moment:
    """The lowest or highest utterance. time: m:ss, None if the utterance has no time."""

    utterance_id: str
    time: str | None
    who: str
    sentiment: float


@dataclass(frozen=True)
class RecordingSummary:
    """One recording as the report draws it.

    change: mean of the last quarter minus mean of the first; length: from the start of the first
    utterance to the end of the last, m:ss, None without times; speakers: at most
    SPEAKERS_AT_MOST, those with most utterances; about: what the source says of the whole
    recording, such as its queue, at most FACTS_AT_MOST (key, value); lanes: who speaks when, where
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
    lowest: Moment
    highest: Moment
    timeline: Timeline
    lanes: list[Lane]
    transcript: list[Said]


def summarise(recording_id: str, rows: pa.Table) -> RecordingSummary:
    """Summarise a recording from all of its rows of a scores table, at least one.

    Utterances are placed by time, or by their order in the table if any of them has no start.
    """
    timed = rows["start_s"].null_count == 0
    if timed:
        rows = rows.sort_by([("start_s", "ascending"), ("utterance_id", "ascending")])
    sentiment = rows["sentiment"].to_numpy().astype(np.float64)
    start, end, ticks, length = by_time(rows) if timed else by_order(rows.num_rows)
    speakers = _speakers(rows)
    named = rows.select(["utterance_id", "role", "speaker", "channel", "start_s", "sentiment"])
    said = [
        Said(row["utterance_id"], when(row), who(row), row["sentiment"], round(100 * place, 1))
        for row, place in zip(named.to_pylist(), start.tolist(), strict=True)
    ]
    return RecordingSummary(
        recording_id=recording_id,
        utterances=rows.num_rows,
        mean=float(sentiment.mean()),
        change=_change((start + end) / 2, sentiment),
        length=length,
        speakers=speakers[:SPEAKERS_AT_MOST],
        more_speakers=len(speakers[SPEAKERS_AT_MOST:]),
        about=_about(rows["meta"].to_pylist()),
        lowest=_moment(rows, int(sentiment.argmin())),
        highest=_moment(rows, int(sentiment.argmax())),
        timeline=timeline(start, end, sentiment, _floats(rows["audio_weight"]), ticks),
        lanes=lanes_of(start, end, [one.who for one in said]) if timed else [],
        transcript=said,
    )


def _about(meta: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """What all rows of a recording say alike, in the order of the first."""
    common = utterances.said_alike(meta)[:FACTS_AT_MOST]
    return [(key[:LETTERS_AT_MOST], value[:LETTERS_AT_MOST]) for key, value in common]


def who(row: Row) -> str:
    """Name of the speaker of a row: role and speaker, or else the channel."""
    return utterances.Speaker(row["channel"], row["speaker"], row["role"]).label


def when(row: Row) -> str | None:
    """Start of a row's utterance as m:ss, None if it has no start."""
    return clock(row["start_s"]) if row["start_s"] is not None else None


_Places = tuple[Floats, Floats, list[tuple[float, str]], str | None]


def by_time(rows: pa.Table) -> _Places:
    start_s = _floats(rows["start_s"])
    end_s = np.fmax(
        _floats(rows["end_s"]), start_s
    )  # without an end, the utterance is a point in time
    first_s, last_s = float(start_s.min()), float(end_s.max())
    span_s = (last_s - first_s) or 1.0
    ticks = time_ticks(first_s, last_s)
    return (
        (start_s - first_s) / span_s,
        (end_s - first_s) / span_s,
        ticks,
        clock(np.ceil(last_s - first_s)),
    )


def by_order(count: int) -> _Places:
    edges = np.linspace(0.0, 1.0, count + 1)
    ticks = [(0.0, "first utterance"), (100.0, "last")] if count > 1 else [(0.0, "one utterance")]
    return edges[:-1], edges[1:], ticks, None


def _change(place: Floats, sentiment: Floats) -> float | None:
    first, last = sentiment[place < 0.25], sentiment[place >= 0.75]
    if len(sentiment) < UTTERANCES_FOR_CHANGE or not len(first) or not len(last):
        return None
    return float(last.mean() - first.mean())


def _speakers(rows: pa.Table) -> list[Speaker]:
    """Speakers, those with most utterances first."""
    values: dict[str, list[float]] = {}
    for row in rows.select(["role", "speaker", "channel", "sentiment"]).to_pylist():
        values.setdefault(who(row), []).append(row["sentiment"])
    speakers = [
        Speaker(name, len(own), float(np.mean(own))) for name, own in sorted(values.items())
    ]
    return sorted(speakers, key=lambda speaker: -speaker.utterances)


def _moment(rows: pa.Table, index: int) -> Moment:
    row = rows.slice(index, 1).to_pylist()[0]
    return Moment(row["utterance_id"], when(row), who(row), row["sentiment"])


def _floats(column: pa.ChunkedArray) -> Floats:
    """Values as float64, NaN for null."""
    values: Floats = column.to_numpy().astype(np.float64)
    return values
