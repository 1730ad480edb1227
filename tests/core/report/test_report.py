"""The report from real Parquet files: its numbers, its escaping, and what it must not hold."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import SettingsError
from daf_core.report import charts
from daf_core.report.page import RECORDINGS_DRAWN, gather, render
from daf_core.report.recordings import summarise
from daf_core.report.totals import STRONGEST_KEPT
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage.files import join, write_json
from daf_core.storage.output import manifest_output
from daf_core.storage.parquet import part_name, write
from jobs.settings import ReportSettings
from jobs.verbs.report import run
from tests.core.report.score_files import agreeing, publish, score

HOSTILE = [
    "<script>alert(1)</script>",
    "</style></title></svg><img src=//example.org/x onerror=alert(1)>",
    '"\' onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; ]]> -->",
    "\u202egnp.exe\u2066 \x00\x1b[31m\x9b \u2028 end",
    "שלום, זה לא בסדר",
]


@pytest.fixture
def call(tmp_path: Path) -> str:
    """A stereo call over two parts, a text-only table, a voice-only recording, and quarantine."""
    stereo = [
        agreeing(f"c{i}", [-2.0, -1.0, 0.0, 2.0][i // 2], start_s=65.0 + 5 * i, end_s=69.0 + 5 * i)
        | {"role": ["agent", "customer"][i % 2], "speaker": ["Ann", None][i % 2], "channel": i % 2}
        for i in range(8)
    ]
    tone_contradicts = score("odd", start_s=3725.0, end_s=3727.0, flags=["clipped", "short"])
    absent = {"speaker": None, "role": None, "channel": None, "start_s": None, "end_s": None}
    text_only = [
        score(f"t{i}", "notes", sentiment=1.0, audio_sentiment=None, flags=["no_audio"])
        | {"text_weight": 1.0, "audio_weight": 0.0, **absent}
        for i in range(3)
    ]
    voice_only = score("v0", "voicemail", text_sentiment=None, flags=["no_text"]) | {
        "text_weight": 0.0,
        "audio_weight": 1.0,
        "speaker": None,
        "role": None,
    }
    refused = [
        {"stage": "decode", "reason": "unreadable_audio", "message": f"z{i}.wav: not audio"}
        for i in range(2)
    ] + [{"stage": "ingest", "reason": "empty_row", "message": "row 7: neither text nor audio"}]
    return publish(
        tmp_path,
        [stereo[:5], [*stereo[5:], tone_contradicts, *text_only, voice_only]],
        words={"odd": "Oh, lovely.", "c0": "I am cross.", "t0": "A note.", "v0": None},
        quarantine=refused,
        head="heads/daf",
        encoders=["minilm", "whisper"],
        started="2026-11-21T04:10:00Z",
        rows_in=16,
        audio_hours=0.52,
        settings={"seed": 0},
    )


def test_what_ingest_quarantined_is_on_the_page(call: str) -> None:
    assert "Not known: <bdi>there is no finished manifest at" in render(gather(call))
    manifest = manifest_output(str(Path(call).parent / "manifest"))
    write_json(manifest.record_uri, {"kind": "manifest"})
    assert "Nothing: all of the source is in the manifest." in render(gather(call))
    lost = [
        {"stage": "ingest", "reason": "unreadable_audio", "message": f"{name}: archived"}
        for name in HOSTILE
    ]
    table = pa.Table.from_pylist(lost, schema=QUARANTINE)
    write(join(manifest.quarantine_uri, part_name(3)), table, "quarantine")
    report = gather(call)
    assert (report.quarantined, report.ingest.quarantined) == (3, len(HOSTILE))
    page = render(report)
    assert (
        f"{len(HOSTILE)} rows, recordings or files of the source never reached the manifest" in page
    )
    assert "archived" in page
    assert page.count("<script") == 1  # that of the page
    assert "of 13 utterances 3 have no audio and 1 have no text." in page


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


def test_page_shows_the_contradiction_with_time_and_words(call: str) -> None:
    page = render(gather(call))
    assert "In 1 utterance (8 %)" in page
    assert "<b>1:02:05</b> <bdi>agent · Ann</bdi>" in page
    assert "Oh, lovely." in page
    assert "words −1.0, tone +1.5, fused +0.5" in page
    assert "21 November 2026, 04:10 UTC" in page
    assert "the recording cannot be decoded" in page
    assert "are accounted for" not in page


def test_contradictions_show_the_interval_of_a_score_that_has_one(tmp_path: Path) -> None:
    known = publish(tmp_path / "a", [[score("u", interval_low=-0.5, interval_high=1.0)]])
    unknown = publish(tmp_path / "b", [[score("u")]])
    assert "fused, −0.5 to +1.0" in render(gather(known))
    assert '<line class="sure" x1="41.7%" x2="66.7%"' in render(gather(known))
    assert '<line class="sure" x1="41' not in render(gather(unknown))


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


class Outline(HTMLParser):
    """Tags, attribute names and attribute values of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_markup(tmp_path: Path, text: str) -> None:
    def page(text: str, folder: Path) -> str:
        row = score("u" + text, text, speaker=text, role=text, flags=[text])
        refused = {"stage": text, "reason": text, "message": text}
        return render(
            gather(
                publish(
                    folder,
                    [[row]],
                    words={"u" + text: text},
                    quarantine=[refused],
                    head=text,
                    encoders={text: text},
                    started=text,
                    settings={text: [text]},
                )
            )
        )

    hostile, harmless = page(text, tmp_path / "1"), page("harmless", tmp_path / "2")
    found, expected = Outline(hostile), Outline(harmless)
    assert found.tags == expected.tags
    names = [name for name, _ in found.attributes]
    assert names == [name for name, _ in expected.attributes]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", hostile)


def test_page_loads_nothing_and_says_so(call: str) -> None:
    outline = Outline(render(gather(call)))
    assert ("http-equiv", "Content-Security-Policy") in outline.attributes
    policy = next(value for _, value in outline.attributes if value and "default-src" in value)
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(outline.tags)
    assert outline.tags.count("script") == 1
    assert re.search(r"script-src 'sha256-[\w+/=]+';", policy)
    assert not {"src", "srcset", "style"} & {name for name, _ in outline.attributes}
    assert all(str(value).startswith("#") for name, value in outline.attributes if name == "href")
    assert "url(" not in render(gather(call))


def test_every_drawing_says_what_it_is(call: str) -> None:
    page = render(gather(call))
    for svg in re.findall(r'<svg class="(?:timeline|histogram)".*?</desc>', page, re.DOTALL):
        title, desc = re.findall(r'aria-labelledby="(\S+) (\S+)"', svg)[0]
        assert f'<title id="{title}">' in svg
        assert f'<desc id="{desc}">' in svg
    ids = [value for name, value in Outline(page).attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_without_text_no_word_of_a_transcript_is_in_the_page(call: str) -> None:
    with_words, without = render(gather(call)), render(gather(call, text=False))
    for words in ("Oh, lovely.", "I am cross.", "A note."):
        assert words in with_words
        assert words not in without
    assert "Words: left out." in without


def test_a_manifest_that_is_gone_leaves_words_out_unless_it_was_asked_for(tmp_path: Path) -> None:
    scores = publish(tmp_path, [[score("odd")]], manifest=str(tmp_path / "gone"))
    assert "there is no manifest at" in render(gather(scores))
    with pytest.raises(SettingsError, match=r"gone: expected part-\*\.parquet of a manifest"):
        gather(scores, manifest=str(tmp_path / "gone"))


def test_a_head_without_weights_is_noted(tmp_path: Path) -> None:
    bare = {"text_weight": None, "audio_weight": None}
    rows = [score("u0", text_sentiment=None, audio_sentiment=None) | bare]
    page = render(gather(publish(tmp_path, [rows])))
    assert "This head gives no weights." in page
    assert "In no utterance do words and tone" in page
    assert 'class="ribbon"' not in page


def test_nothing_scored_is_a_page_too(tmp_path: Path) -> None:
    refused = [{"stage": "decode", "reason": "missing_audio", "message": "a.wav: no file"}]
    page = render(gather(publish(tmp_path, [[]], quarantine=refused)))
    assert "How 0 recordings sound" in page
    assert "there is no file at the audio path" in page


def test_rows_that_are_unaccounted_for_are_counted(tmp_path: Path) -> None:
    page = render(gather(publish(tmp_path, [[score("u0")]], rows_in=5)))
    assert "5 utterances went in and 1 are accounted for" in page


def test_an_archive_gives_a_page_of_bounded_size(tmp_path: Path) -> None:
    drawn = np.random.default_rng(7).uniform(-3, 3, (RECORDINGS_DRAWN, charts.MARKS_AT_MOST, 3))
    parts = [
        [
            score(
                f"{recording}-{i}",
                f"calls/2026/11/recording-{recording:06}.wav",
                start_s=4.0 * i,
                end_s=4.0 * i + 3,
                sentiment=s,
                text_sentiment=w,
                audio_sentiment=t,
            )
            for i, (s, w, t) in enumerate(values.tolist())
        ]
        for recording, values in enumerate(drawn)
    ]
    assert len(render(gather(publish(tmp_path, parts))).encode()) < 5_000_000


def test_a_long_recording_is_drawn_as_means() -> None:
    count = charts.MARKS_AT_MOST + 1
    edges = np.linspace(0, 1, count + 1)
    sentiment = np.where(np.arange(count) % 2, 1.0, -2.0)
    weight = np.full(count, np.nan)
    drawn = charts.timeline(edges[:-1], edges[1:], sentiment, weight, [])
    assert drawn.bins == charts.BINS
    assert sum(path.count("M") for path in drawn.marks.values()) == charts.BINS
    assert drawn.ranges.count("M") == charts.BINS
    assert not drawn.ribbon


places = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-3, 3), st.floats(0, 1)),
    min_size=1,
    max_size=600,
)


@given(places)
def test_a_timeline_stays_in_its_frame(utterances: list[tuple[float, float, float, float]]) -> None:
    first, second, sentiment, weight = np.array(utterances).T
    start, end = np.minimum(first, second), np.maximum(first, second)
    drawn = charts.timeline(start, end, sentiment, weight, [])
    marks = "".join(drawn.marks.values())
    assert re.fullmatch(r"(M\d+ \d+h\d+)+", marks)
    assert re.fullmatch(r"(M\d+ \d+v-\d+h\d+V\d+z)+", drawn.ribbon)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", marks):
        assert int(x) + int(length) <= charts.WIDTH
        assert int(y) <= charts.HEIGHT


@given(st.floats(0, 1e6), st.floats(0.01, 4e5))
def test_ticks_are_few_rise_and_stay_on_the_axis(first_s: float, span_s: float) -> None:
    ticks = charts.time_ticks(first_s, first_s + span_s)
    assert len(ticks) <= charts.TICKS_AT_MOST + 1
    assert all(0 <= place <= 100 for place, _ in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0, "0:00"), (59.9, "0:59"), (65, "1:05"), (3725, "1:02:05")]
)
def test_clock(time_s: float, shown: str) -> None:
    assert charts.clock(time_s) == shown


def test_job_writes_the_page_and_counts(call: str, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    *known, line = run(ReportSettings(scores=call, out=str(out))).splitlines()
    assert known[0] == "how well: no intervals; familiarity is not measured; 1 warning"
    assert known[1].startswith("warning: No intervals: 13 of 13 rows (100 %) have no interval")
    assert re.fullmatch(
        rf"{re.escape(str(out))}: 13 utterances of 3 recordings, 1 contradictions, \d+\.\d s", line
    )
    first = out.read_bytes()
    run(ReportSettings(scores=call, out=str(out)))
    assert out.read_bytes() == first


def test_job_names_what_is_missing(call: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give the folder that daf score wrote"):
        run(ReportSettings(scores=str(tmp_path / "nowhere"), out=str(tmp_path / "r.html")))
    with pytest.raises(SettingsError, match="expected a file for the page"):
        run(ReportSettings(scores=call, out=str(tmp_path)))
    assert not (tmp_path / "r.html").exists()


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
