"""Rows without times, and rows whose times lie after the end of their recording: what they change
of a call, and what they do not.
"""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.calls.summary import summarise
from daf_core.export.amazon import amazon_call
from daf_core.report.recordings import summarise as described
from daf_core.report.totals import Totals
from daf_core.schemas import Row
from tests.core.calls.made_scores import NOTHING, scores_of

OF_TIME = (
    *("start_s", "end_s", "talk_s", "silence_s", "longest_silence_s", "silences", "overlap_s"),
    *("interruptions", "interruption_list", "words_per_minute", "level_db"),
    *("talk_share", "turns", "longest_monologue_s", "longest_monologue_start_s", "patience_s"),
    *("interrupted", "reply_sentiment", "answered_sentiment"),
    *(f"quarter_{number}" for number in (1, 2, 3, 4)),
    *("change", "change_low", "trend", "trend_low", "lowest_start_s"),
)
ANA, BEN = {"speaker": "Ana", "channel": 0}, {"speaker": "Ben", "channel": 1}
WITHIN = [
    ANA | {"start_s": 0.0, "end_s": 4.0, "sentiment": 1.0, "words": 8},
    BEN | {"start_s": 3.5, "end_s": 9.5, "sentiment": -1.0, "words": 9},
    ANA | {"start_s": 14.0, "end_s": 16.0, "sentiment": 2.0, "words": 3},
]
BAD_TIME = ANA | {"sentiment": -3.0, "words": 5, "flags": ["bad_time", "no_audio"]}
OUTSIDE = ANA | {"start_s": 36915.0, "end_s": 36920.0, "sentiment": -3.0, "words": 5}
OUTSIDE |= {"flags": ["no_audio", "outside_recording"]}


def figures_of(row: Row) -> Row:
    return {name: row[name] for name in OF_TIME if name in row}


def tables_of(rows: list[Row], correlation: float = 0.3) -> tuple[Row, dict[str, Row]]:
    calls, speakers = summarise(scores_of(rows), NOTHING, correlation)
    (call,) = calls.to_pylist()
    return call, {one["speaker"]: one for one in speakers.to_pylist()}


@pytest.mark.parametrize("further", [BAD_TIME, OUTSIDE], ids=["no times", "outside"])
def test_one_row_without_a_place_leaves_the_figures_of_the_others(further):
    call, speakers = tables_of([*WITHIN, further])
    alone, speakers_alone = tables_of(WITHIN)
    assert figures_of(call) == figures_of(alone)
    assert (call["end_s"], call["silence_s"], call["interruptions"]) == (16, 4.5, 1)
    assert figures_of(speakers["Ana"]) == figures_of(speakers_alone["Ana"])
    assert speakers["Ben"] == speakers_alone["Ben"]
    assert (call["utterances"], call["words"], speakers["Ana"]["words"]) == (4, 25, 16)
    # Its weight is the mean of the other durations, of 4, 6 and 2 s.
    assert call["sentiment"] == pytest.approx((4 * 1 - 6 * 1 + 2 * 2 - 4 * 3) / 16)
    assert (call["lowest_sentiment"], call["lowest_utterance_id"]) == (-1, "u1")


@pytest.mark.parametrize("further", [BAD_TIME, OUTSIDE], ids=["no times", "outside"])
def test_a_speaker_without_a_place_has_no_figures_of_time(further):
    call, speakers = tables_of([*WITHIN[:1], further | BEN])
    assert set(figures_of(speakers["Ben"]).values()) == {None}
    assert (speakers["Ben"]["sentiment"], speakers["Ben"]["utterances"]) == (-3, 1)
    assert (call["speakers"], call["interruptions"], speakers["Ana"]["talk_share"]) == (2, None, 1)
    assert (call["change"], call["trend"]) == (None, None)  # of a single utterance


def test_a_call_outside_of_its_recording_is_as_one_without_times():
    outside = [OUTSIDE | {"sentiment": one, "end_s": 36918 + one} for one in (-1.0, 0.0, 2.0)]
    untimed = [one | {"start_s": None, "end_s": None} for one in outside]
    assert tables_of(outside) == tables_of(untimed)
    call, _ = tables_of(outside)
    assert (call["end_s"], call["talk_s"], call["silence_s"]) == (None, None, None)
    assert call["sentiment"] == pytest.approx(1 / 3)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "start_s": st.integers(0, 40).map(float),
            "lasts": st.integers(1, 8),
            "sentiment": st.integers(-3, 3).map(float),
            "channel": st.integers(0, 1),
            "words": st.integers(0, 9),
            "interval_low": st.just(-3.0),
            "interval_high": st.just(3.0),
        }
    ).map(lambda row: {**row, "end_s": row["start_s"] + row.pop("lasts")}),
    min_size=1,
    max_size=8,
)


@given(ROWS, ROWS, st.booleans())
def test_rows_without_a_place_change_no_figure_of_time_and_reports_agree(within, others, timed):
    times = {} if timed else {"start_s": None, "end_s": None}
    flags = ["no_audio", "outside_recording" if timed else "bad_time"]
    rows = [*within, *(one | times | {"flags": flags} for one in others)]
    numbered = [one | {"utterance_id": f"u{number:02}"} for number, one in enumerate(rows)]
    calls, speakers = (one.to_pylist() for one in summarise(scores_of(numbered), NOTHING, 0.3))
    alone, few = (
        one.to_pylist() for one in summarise(scores_of(rows[: len(within)]), NOTHING, 0.3)
    )
    if len({one["channel"] for one in within}) > 1 or len(speakers) == 1:
        assert figures_of(calls[0]) == figures_of(alone[0])
    by_channel = {one["channel"]: one for one in speakers}
    for one in few:
        assert figures_of(by_channel[one["channel"]]) == figures_of(one)
    totals = Totals()
    for part in (numbered[::2], numbered[1::2]):  # a recording may span parts
        totals.add("part", scores_of(part))
    assert totals.recordings["call"].mean == pytest.approx(calls[0]["sentiment"], abs=1e-5)


def test_the_drawing_of_a_call_ends_with_what_has_a_place():
    rows = scores_of([OUTSIDE, BAD_TIME, *WITHIN])
    found = described("call", rows)
    assert (found.length, found.timeline.ticks[-1]) == ("0:16", (93.8, "0:15"))
    assert [one.place for one in found.transcript] == [0.0, 21.9, 87.5, None, None]
    assert found.surest.sentiment == -1
    assert sum(path.count("M") for path in found.timeline.marks.values()) == 3
    assert len(found.lanes) == 2
    alone = described("call", rows.filter(pa.array([True, False, False, False, False])))
    assert (alone.length, alone.lanes) == (None, [])
    assert alone.timeline.ticks == [(0.0, "one utterance")]


def test_the_form_of_amazon_keeps_the_words_and_counts_what_has_a_place():
    rows = [one | {"polarity": "neutral", "text": "words"} for one in (*WITHIN, OUTSIDE)]
    table = scores_of([{name: one[name] for name in one if name != "text"} for one in rows])
    calls, speakers = (one.to_pylist() for one in summarise(table, NOTHING, None))
    utterances = [one | {"text": "words"} for one in table.to_pylist()]
    form = amazon_call(calls[0], speakers, utterances)
    figures = form["ConversationCharacteristics"]
    assert figures["TotalConversationDurationMillis"] == 16_000
    assert figures["NonTalkTime"]["TotalTimeMillis"] == 4_500
    assert [one["EndOffsetMillis"] for one in form["Transcript"]][-1] == 36_920_000
