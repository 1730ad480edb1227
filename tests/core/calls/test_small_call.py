"""A small call with every number worked out by hand.

Ana   0 ──────── 10        12 ─ 13          20 ────── 28        40 ── 44
Ben            9 ─── 12   (mhm 24-24.5)                  29 ─ 36
             interrupts
"""

import numpy as np
import pyarrow as pa
import pytest

from daf_core.calls.summary import summarise
from daf_core.schemas import QUARANTINE
from tests.core.calls.made_scores import NOTHING, quarantine_of, scores_of

ANA = {"speaker": "Ana", "role": "agent", "channel": 0}
BEN = {"speaker": "Ben", "role": "customer", "channel": 1}
SAID = [  # who, start, end, sentiment, words, what else
    (ANA, 0, 10, 1.0, 30, {}),
    (BEN, 9, 12, -1.0, 9, {"flags": ["unfamiliar"]}),
    (ANA, 12, 13, 0.5, 2, {}),
    (ANA, 20, 28, 0.0, 16, {"text_sentiment": 1.0, "audio_sentiment": -1.0, "level_db": -20.0}),
    (BEN, 24, 24.5, 3.0, 1, {}),
    (BEN, 29, 36, -2.0, 28, {"text_sentiment": -2.0, "audio_sentiment": -2.0, "level_db": -30.0}),
    (ANA, 40, 44, 2.0, 12, {"flags": ["no_audio", "missing_audio"]}),
]
ROWS = [
    who | {"start_s": start, "end_s": end, "sentiment": sentiment, "words": words}
    | {"language": "en", "meta": [("queue", "billing")], "interval_low": sentiment - 1.0}
    | {"interval_high": sentiment + 1.0} | more
    for who, start, end, sentiment, words, more in SAID
]  # fmt: skip


@pytest.fixture(scope="module", params=[0, 1], ids=["in order", "backwards"])
def tables(request):
    rows = [{"utterance_id": f"u{number}"} | row for number, row in enumerate(ROWS)]
    rows = rows[::-1] if request.param else rows
    calls, speakers = summarise(scores_of(rows), quarantine_of([("call", "no_speech")]), 0.25)
    return calls.to_pylist(), {row["speaker"]: row for row in speakers.to_pylist()}


def close(value):
    return pytest.approx(value, abs=1e-5)


def test_the_call(tables):
    (call,), _ = tables
    assert (call["start_s"], call["end_s"]) == (0, 44)
    assert (call["utterances"], call["speakers"], call["quarantined"]) == (7, 2, 1)
    assert (call["status"], call["reason"]) == ("partial", "missing_audio")
    assert (call["language"], call["meta"]) == ("en", [("queue", "billing")])
    assert (call["unfamiliar"], call["without_voice"], call["without_words"]) == (1, 1, 0)


def test_talk_and_silence(tables):
    (call,), speakers = tables
    assert call["talk_s"] == close(13 + 8 + 7 + 4)  # 0-13, 20-28, 29-36, 40-44
    assert call["silence_s"] == close(7 + 1 + 4)
    assert call["longest_silence_s"] == close(7)
    assert call["silences"] == [{"start_s": 13, "end_s": 20}, {"start_s": 36, "end_s": 40}]
    assert call["overlap_s"] == close(1 + 0.5)
    assert speakers["Ana"]["talk_s"] == close(10 + 1 + 8 + 4)
    assert speakers["Ben"]["talk_s"] == close(3 + 0.5 + 7)
    assert speakers["Ana"]["talk_share"] == close(23 / 33.5)
    assert (call["words"], speakers["Ben"]["words"]) == (98, 38)
    assert speakers["Ben"]["words_per_minute"] == close(38 / 10.5 * 60)


def test_turns(tables):
    (call,), speakers = tables
    assert call["interruptions"] == 1
    assert call["interruption_list"] == [
        {"start_s": 9, "duration_s": 1, "by": "customer · Ben", "of": "agent · Ana"}
    ]
    counts = {name: (row["interruptions"], row["interrupted"]) for name, row in speakers.items()}
    assert counts == {"Ana": (0, 1), "Ben": (1, 0)}
    # Ana 0-10, Ben 9-12, Ana 12-13, Ana 20-28 (after 7 s of silence), Ben 29-36, Ana 40-44
    assert (speakers["Ana"]["turns"], speakers["Ben"]["turns"]) == (4, 2)
    assert speakers["Ana"]["longest_monologue_s"] == 10
    assert speakers["Ben"]["longest_monologue_start_s"] == 29
    assert speakers["Ana"]["patience_s"] == close((0 + 4) / 2)  # at 12 and at 40
    assert speakers["Ben"]["patience_s"] == close(1)  # at 29; at 9 both spoke
    assert speakers["Ben"]["reply_sentiment"] == close((3 * -1 + 7 * -2) / 10)
    assert speakers["Ana"]["answered_sentiment"] == close((3 * -1 + 7 * -2) / 10)
    assert speakers["Ana"]["reply_sentiment"] == close((1 * 0.5 + 4 * 2) / 5)


def test_sentiment(tables):
    (call,), speakers = tables
    whole = 10 * 1 - 3 * 1 + 1 * 0.5 + 0 + 0.5 * 3 - 7 * 2 + 4 * 2
    assert call["sentiment"] == close(whole / 33.5)
    assert speakers["Ben"]["sentiment"] == close((-3 + 1.5 - 14) / 10.5)
    quarters = [call[f"quarter_{number}"] for number in (1, 2, 3, 4)]  # of 11 s each
    first, last = (10 * 1 + 2 * -1) / 12, (3 * -2 + 4 * 2) / 7
    second, third = (1 * -1 + 1 * 0.5 + 2 * 0) / 4, (6 * 0 + 0.5 * 3 + 4 * -2) / 10.5
    assert quarters == [close(value) for value in (first, second, third, last)]
    assert call["change"] == close(last - first)
    assert speakers["Ben"]["quarter_1"] == close(-1)
    assert speakers["Ana"]["quarter_2"] == close((1 * 0.5 + 2 * 0) / 3)
    assert (call["lowest_start_s"], call["lowest_sentiment"]) == (29, -2)
    assert (call["highest_utterance_id"], call["highest_sentiment"]) == ("u6", 2)  # not "mhm"


def test_intervals(tables):
    (call,), _ = tables
    weights = np.array([10, 3, 1, 8, 0.5, 7, 4]) / 33.5
    half = (0.75 * np.square(weights).sum() + 0.25) ** 0.5  # every row is ± 1
    assert call["sentiment_low"] == close(call["sentiment"] - half)
    assert call["sentiment_high"] == close(call["sentiment"] + half)
    first, last = np.array([10, 2]) / 12, np.array([3, 4]) / 7
    half = (0.75 * (np.square(first).sum() + np.square(last).sum())) ** 0.5  # what is shared is out
    assert call["change_high"] == close(call["change"] + half)


def test_tone_against_words(tables):
    (call,), speakers = tables
    assert (call["contradictions"], call["contradiction_share"]) == (1, close(1 / 2))
    assert call["contradiction_ids"] == ["u3"]
    assert (speakers["Ben"]["contradictions"], speakers["Ana"]["contradictions"]) == (0, 1)
    power = (8 * 10**-2 + 7 * 10**-3) / 15
    assert call["level_db"] == close(10 * np.log10(power))


def test_utterances_without_times_are_placed_by_their_order():
    rows = [{"sentiment": float(n), "speaker": "Ana"} for n in (-3, -1, 1, 3)]
    calls, speakers = summarise(scores_of(rows), NOTHING, None)
    (call,) = calls.to_pylist()
    assert [call[f"quarter_{number}"] for number in (1, 2, 3, 4)] == [-3, -1, 1, 3]
    assert (call["change"], call["sentiment"], call["trend"]) == (6, 0, close(8))
    unknown = ("start_s", "talk_s", "silence_s", "interruptions", "sentiment_low", "lowest_start_s")
    assert {name: call[name] for name in unknown} == dict.fromkeys(unknown)
    assert (call["lowest_utterance_id"], speakers.num_rows) == ("u0", 1)


def test_a_recording_of_which_nothing_is_scored_says_why():
    found = [("b", "unreadable_audio"), ("b", "no_speech"), ("a", "no_speech")]
    calls, speakers = summarise(scores_of([]), quarantine_of(found), 0.1)
    said = [(row["recording_id"], row["status"], row["reason"]) for row in calls.to_pylist()]
    assert said == [("a", "silent", "no_speech"), ("b", "refused", "no_speech")]
    assert speakers.num_rows == 0


def test_hold_music_is_not_said_by_anybody():
    spoken = [
        {"start_s": 0.0, "end_s": 2.0, "sentiment": 1.0},
        {"start_s": 2.0, "end_s": 4.0, "sentiment": -1.0, "flags": ["music"]},  # and words
    ]
    music = {"start_s": 4.0, "end_s": 60.0, "sentiment": -3.0, "flags": ["music", "no_text"]}
    alone = {**music, "recording_id": "held", "flags": ["tone", "no_text", "unfamiliar"]}
    tables = summarise(scores_of([*spoken, music, alone]), NOTHING, None)
    call, held = tables[0].to_pylist()
    without, _ = summarise(scores_of(spoken), NOTHING, None)
    assert call == without.to_pylist()[0]
    assert (call["sentiment"], call["talk_s"], call["status"]) == (0, 4, "scored")
    assert (held["status"], held["reason"], held["quarantined"]) == ("silent", "tone", 0)
    assert held["sentiment"] is None
    refused, _ = summarise(scores_of([alone]), quarantine_of([("held", "unreadable_audio")]), None)
    (held,) = refused.select(["status", "reason", "quarantined"]).to_pylist()
    assert [*held.values()] == ["refused", "unreadable_audio", 1]
    assert tables[1]["recording_id"].to_pylist() == ["call"]


def test_seconds_are_milliseconds_and_three_seconds_are_listed():
    """Floats of these times are 2.9999999999999996 and 4.400000000000002 s apart."""
    times = [(0.1, 1.1), (4.1, 20.4), (24.8, 26.0)]
    rows = [
        {"utterance_id": f"u{n}", "start_s": start, "end_s": end, "sentiment": 0.0}
        for n, (start, end) in enumerate(times)
    ]
    calls, speakers = summarise(scores_of(rows), NOTHING, None)
    (call,), (speaker,) = calls.to_pylist(), speakers.to_pylist()
    silences = [{"start_s": 1.1, "end_s": 4.1}, {"start_s": 20.4, "end_s": 24.8}]
    assert call["silences"] == silences
    assert (call["silence_s"], call["longest_silence_s"]) == (7.4, 4.4)
    assert call["talk_s"] == speaker["talk_s"] == 18.5
    assert 4.1 - 1.1 < 3


def test_what_is_known_of_a_call_without_an_utterance() -> None:
    meta = [("agent", "Ben"), ("queue", "1")]
    rows = quarantine_of([("a", "no_speech"), ("a", "bad_time"), ("b", "no_speech")]).to_pylist()
    rows[0]["meta"], rows[1]["meta"] = meta, meta[:1]
    tone = {"recording_id": "c", "flags": ["tone"], "sentiment": 0.0, "meta": meta}
    calls, _ = summarise(scores_of([tone]), pa.Table.from_pylist(rows, QUARANTINE), None)
    known = {row["recording_id"]: row["meta"] for row in calls.to_pylist()}
    assert known == {"a": meta[:1], "b": [], "c": meta}
