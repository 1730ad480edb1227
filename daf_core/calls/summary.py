"""Scores and quarantine of whole recordings → a row for each call, and one for each speaker."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from daf_core.calls.arrays import Columns
from daf_core.calls.conversation import (
    SILENCE_S,
    Interruption,
    Turn,
    interruptions_of,
    remarks_of,
    turns_of,
)
from daf_core.calls.facts import facts_of
from daf_core.calls.marks import is_said
from daf_core.calls.milliseconds import MILLISECONDS, in_milliseconds
from daf_core.calls.spans import Spans, gaps, merged, shared
from daf_core.calls.unscored import metas_of, most_frequent, sounds_of, unscored
from daf_core.calls.utterances import (
    Index,
    Speaker,
    Utterances,
    said_alike,
    speakers_of,
    utterances_of,
)
from daf_core.schemas import LESSENED, Row
from daf_core.storage.call_columns import CALLS, SPEAKERS


def summarise(
    scores: pa.Table, quarantine: pa.Table, correlation: float | None
) -> tuple[pa.Table, pa.Table]:
    """The tables of calls and of speakers, in order of recording ids. Tones and music without words
    are not counted.

    Args:
        scores: all scored rows of the recordings.
        quarantine: what ingest and scoring quarantined of them.
        correlation: of the errors of two rows of one recording, in [0, 1]; None: unknown.
    """
    reasons: dict[str, Counter[str]] = {}
    for one in quarantine.select(["recording_id", "reason"]).to_pylist():
        reasons.setdefault(one["recording_id"], Counter())[one["reason"]] += 1
    heard = is_said(scores)
    unheard = scores.filter(pa.array(~heard))
    sounds, metas = sounds_of(unheard), metas_of(quarantine, unheard)
    calls: list[Row] = []
    speakers: list[Row] = []
    for recording_id, rows in _by_recording(scores.filter(pa.array(heard))):
        sounds.pop(recording_id, None)
        call, own = _call(recording_id, rows, reasons.pop(recording_id, Counter()), correlation)
        calls.append(call)
        speakers += own
    for recording_id in sorted(reasons.keys() | sounds.keys()):
        refused = reasons.get(recording_id, Counter())
        unspoken, meta = sounds.get(recording_id, Counter()), said_alike(metas[recording_id])
        calls.append(unscored(recording_id, refused, unspoken, meta))
    calls.sort(key=lambda call: call["recording_id"])
    return (
        pa.Table.from_pylist([*map(in_milliseconds, calls)], CALLS),
        pa.Table.from_pylist([*map(in_milliseconds, speakers)], SPEAKERS),
    )


def _by_recording(scores: pa.Table) -> Iterator[tuple[str, Columns]]:
    """Each recording's rows in order of start, by recording id."""
    keys = ("recording_id", "start_s", "end_s", "utterance_id")
    if not len(scores):
        return
    ordered = scores.sort_by([(key, "ascending") for key in keys])
    columns, ids = Columns.of(ordered), ordered["recording_id"].to_pylist()
    first = [row for row, own in enumerate(ids) if row == 0 or own != ids[row - 1]]
    for start, end in zip(first, [*first[1:], len(ids)], strict=True):
        yield ids[start], columns.cut(start, end)


def _call(
    recording_id: str, rows: Columns, reasons: Counter[str], correlation: float | None
) -> tuple[Row, list[Row]]:
    """The row of a recording, and those of its speakers."""
    own = utterances_of(rows, correlation)
    speakers, numbers = speakers_of(rows)
    flags = Counter(flag for flags in rows.lists["flags"] for flag in flags)
    lessened = Counter({flag: count for flag, count in flags.items() if flag in LESSENED})
    less = reasons + lessened
    talk = _talk(own.select(own.placed), numbers[own.placed]) if len(own.placed) else None
    common = {"recording_id": recording_id, "meta": said_alike(rows.lists["meta"])}
    call = {
        **common,
        "status": "partial" if less else "scored",
        "reason": most_frequent(less),
        "language": most_frequent(_languages(rows)),
        "speakers": len(speakers),
        **facts_of(own),
        "quarantined": reasons.total(),
        **(_conversation(speakers, talk) if talk else {}),
    }
    of_speakers = [
        common | _speaker(own.select(np.flatnonzero(numbers == number)), number, speaker, talk)
        for number, speaker in enumerate(speakers)
    ]
    return call, of_speakers


@dataclass(frozen=True)
class _Talk:
    """Who speaks when, of the utterances with a place on the timeline of the recording.

    placed: these; of_speakers: the time of each of their speakers; turns, interruptions: name
    speakers by number; interruptions: None with a single speaker, as then others may be missing.
    """

    placed: Utterances
    of_speakers: list[Spans]
    turns: list[Turn]
    interruptions: list[Interruption] | None


def _talk(placed: Utterances, numbers: Index) -> _Talk:
    spans, speakers = placed.spans, np.unique(numbers)
    remarks = remarks_of(spans, numbers)
    return _Talk(
        placed,
        [merged(spans.select(numbers == number)) for number in speakers],
        turns_of(spans, numbers, remarks),
        interruptions_of(spans, numbers, remarks) if len(speakers) > 1 else None,
    )


def _conversation(speakers: list[Speaker], talk: _Talk) -> Row:
    silence = gaps(talk.placed.talk)
    lasts = (silence.end_s - silence.start_s).round(MILLISECONDS)
    listed = [
        {"start_s": start_s, "end_s": end_s}
        for start_s, end_s, long in zip(*silence, lasts >= SILENCE_S, strict=True)
        if long
    ]
    interruptions = None
    if talk.interruptions is not None:
        interruptions = [
            {**one._asdict(), "by": speakers[one.by].label, "of": speakers[one.of].label}
            for one in talk.interruptions
        ]
    return {
        "silence_s": silence.length_s,
        "longest_silence_s": float(lasts.max(initial=0)),
        "silences": listed,
        "overlap_s": shared(talk.of_speakers).length_s,
        "interruptions": None if interruptions is None else len(interruptions),
        "interruption_list": interruptions,
    }


def _speaker(own: Utterances, number: int, speaker: Speaker, talk: _Talk | None) -> Row:
    """The row of the speaker with this number; own: its utterances."""
    row = {
        "channel": speaker.channel,
        "speaker": speaker.name,
        "role": speaker.role,
        **facts_of(own),
    }
    if talk is None or not len(own.placed):
        return row
    turns = [turn for turn in talk.turns if turn.speaker == number]
    replies = [turn for turn in turns if turn.after is not None]
    answers = [turn for turn in talk.turns if turn.after == number]
    monologue = max(turns, key=lambda turn: turn.end_s - turn.start_s, default=None)
    talk_s = sum(spans.length_s for spans in talk.of_speakers)
    waited_s = [turn.waited_s for turn in replies if turn.waited_s is not None]
    return row | {
        "talk_share": row["talk_s"] / talk_s if talk_s else None,
        "turns": len(turns),
        "longest_monologue_s": monologue and monologue.end_s - monologue.start_s,
        "longest_monologue_start_s": monologue and monologue.start_s,
        "patience_s": float(np.mean(waited_s)) if waited_s else None,
        **_interruptions(number, talk.interruptions),
        "reply_sentiment": _first_sentiment(talk.placed, replies),
        "answered_sentiment": _first_sentiment(talk.placed, answers),
    }


def _interruptions(number: int, found: list[Interruption] | None) -> Row:
    if found is None:
        return {}
    return {
        "interruptions": sum(one.by == number for one in found),
        "interrupted": sum(one.of == number for one in found),
    }


def _first_sentiment(placed: Utterances, turns: list[Turn]) -> float | None:
    """Mean sentiment of the first utterances of turns, by their weights."""
    rows = np.array([turn.rows[0] for turn in turns], np.int64)
    weights = placed.weights[rows]
    if not weights.any():
        return None
    return float(np.average(placed.sentiment.value[rows], weights=weights))


def _languages(rows: Columns) -> Counter[str]:
    return Counter(one for one in rows.lists["language"] if one is not None)
