"""Numbers of the report, from real Parquet files: totals, recordings, contradictions."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from daf_core.report.page import RECORDINGS_DRAWN, gather, render
from daf_core.report.recordings import summarise
from daf_core.report.totals import STRONGEST_KEPT
from daf_core.schemas import SCORES
from tests.core.report.hostile_text import HOSTILE
from tests.core.report.score_files import agreeing, publish, score


def test_totals_are_those_of_the_rows(call: str) -> None:
    report = gather(call)
    totals = report.totals
    assert (totals.utterances, report.quarantined, len(totals.recordings)) == (13, 3, 3)
    assert totals.polarities == {"negative": 4, "neutral": 2, "positive": 7}
    assert totals.sentiment_sum == pytest.approx(-2 + 0.5 + 3 + 0.5)
    assert totals.sentiment_counts.sum() == 13
    assert (totals.weighed, totals.text_only, totals.audio_only) == (9, 3, 1)
    assert totals.flags == {"clipped": 1, "short": 1, "no_audio": 3, "no_text": 1}
    assert [(item.reason, item.rows) for item in report.quarantine_reasons] == [
        ("unreadable_audio", 2),
        ("empty_row", 1),
    ]


def test_a_recording_is_described_across_parts(call: str) -> None:
    by_id = {item.recording_id: item for item in gather(call).recordings}
    stereo = by_id["call"]
    assert stereo.utterances == 9
    assert stereo.lowest.utterance_id == "c0"
    assert stereo.lowest.time == "1:05"
    assert {(s.name, s.utterances) for s in stereo.speakers} == {
        ("agent · Ann", 5),
        ("customer", 4),
    }
    assert by_id["notes"].length is None
    assert by_id["notes"].timeline.ticks[0] == (0.0, "first utterance")
    assert by_id["voicemail"].speakers[0].name == "channel 0"


def test_change_is_last_quarter_less_first() -> None:
    rows = [
        agreeing(f"u{i}", s, start_s=i, end_s=i + 1) for i, s in enumerate([-2, -2, 0, 0, 1, 1])
    ]
    shuffled = pa.Table.from_pylist(rows[::-1], schema=SCORES)
    assert summarise("call", shuffled).change == pytest.approx(3.0)
    assert summarise("call", shuffled.slice(0, 1)).change is None


def test_means_of_a_recording_count_seconds_as_the_table_of_calls_does(tmp_path: Path) -> None:
    long_low = [
        agreeing("a", -1.0, start_s=0.0, end_s=9.0, speaker="Ana"),
        agreeing("b", 2.0, start_s=9.0, end_s=10.0, speaker="Ana"),
    ]
    untimed = [
        agreeing("c", -1.0, recording_id="other", start_s=None, end_s=None),
        agreeing("d", 0.5, recording_id="other", start_s=0.0, end_s=1.0),
    ]
    report = gather(publish(tmp_path, [long_low, untimed]))
    assert [(one.recording_id, one.mean) for one in report.recordings] == [
        ("call", pytest.approx(-0.7)),
        ("other", pytest.approx(-0.25)),
    ]
    assert report.recordings[0].speakers[0].mean == pytest.approx(-0.7)
    assert report.totals.lowest(1) == ["call"]


def test_contradictions_are_opposite_or_far_apart_and_strongest_first(tmp_path: Path) -> None:
    def pair(name: str, words: float | None, tone: float | None) -> dict[str, Any]:
        return score(name, text_sentiment=words, audio_sentiment=tone)

    rows = [
        pair("opposite", -0.5, 0.75),
        pair("both nearly neutral", -0.25, 0.25),
        pair("far", 0.25, 2.5),
        pair("near", 1.0, 2.5),
        pair("farthest", 3.0, -3.0),
        pair("no tone", -3.0, None),
    ]
    report = gather(publish(tmp_path, [rows[:3], rows[3:]]))
    found = [row["utterance_id"] for row in report.contradictions]
    assert found == ["farthest", "far", "opposite"]
    assert report.totals.contradictions == 3


def test_contradictions_and_recordings_are_counted_beyond_what_is_drawn(tmp_path: Path) -> None:
    count = RECORDINGS_DRAWN + 30
    rows = [
        score(f"u{i:03}", f"r{i:03}", sentiment=(i % 40) / 20, text_sentiment=-1 - i / 1000)
        for i in range(count)
    ]
    report = gather(publish(tmp_path, [rows[:100], rows[100:]]))
    assert report.totals.contradictions == count
    assert len(report.contradictions) == STRONGEST_KEPT
    assert report.contradictions[0]["utterance_id"] == f"u{count - 1}"
    means = [item.mean for item in report.recordings]
    assert len(means) == RECORDINGS_DRAWN
    assert means == sorted(means)
    page = render(report)
    assert "The other 30 are counted" in page
    assert "The 100 that lie furthest apart" in page


def test_what_the_source_says_of_a_whole_recording_is_shown(tmp_path: Path) -> None:
    common = {"queue": "billing", "agent": HOSTILE[0]}
    rows = [
        score(f"u{n}", start_s=float(n), meta=[*common.items(), ("confidence", f"0.{n}")])
        for n in range(3)
    ]
    rows[1]["flags"] = ["no_text"]
    table = pa.Table.from_pylist(rows, schema=SCORES)
    assert summarise("call", table).about == list(common.items())
    assert summarise("call", table.slice(0, 1)).about[-1] == ("confidence", "0.0")
    assert summarise("call", pa.Table.from_pylist([score("u")], schema=SCORES)).about == []


def test_hold_music_is_in_no_mean_and_is_not_heard_first(tmp_path: Path) -> None:
    spoken = agreeing("a", 1.0, start_s=0.0, end_s=2.0)
    music = agreeing("b", -3.0, start_s=2.0, end_s=60.0, flags=["music", "no_text"])
    (item,) = gather(publish(tmp_path / "both", [[spoken, music]])).recordings
    assert (item.mean, item.utterances, item.lowest.utterance_id) == (1.0, 1, "a")
    report = gather(publish(tmp_path / "music", [[music]]))
    assert (report.totals.utterances, report.recordings, report.moments) == (1, [], [])
    assert "0 recordings" in render(report)
