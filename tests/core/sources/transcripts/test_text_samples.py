"""One conversation in every text format gives the same utterances, as in other libraries."""

from pathlib import Path

import praatio.textgrid
import pympi
import pysubs2
import pytest
import webvtt

import jobs
from daf_core.sources.transcripts import open_document, read_transcript, reader_of
from daf_core.sources.transcripts.writing import WRITERS, WrittenCue
from tests.core.sources.transcripts.reading import utterances

SAMPLES = Path(__file__).parent / "text_samples"
DEMO = Path(jobs.__file__).parent / "demo_corpus"
PARCEL = [
    (0.5, 2.25, "Ann", "Good morning, how can I help?"),
    (2.4, 5.1, "Bo", "My parcel came late & broken."),
    (5.0, 7.75, "Ann", "I am so sorry."),
    (8.0, 9.5, "Bo", "Thank you."),
]
READER = {
    "parcel.vtt": "webvtt",
    "parcel.srt": "subrip",
    "parcel.sbv": "sbv",
    "parcel.ctm": "ctm",
    "parcel.TextGrid": "textgrid",
    "parcel.eaf": "elan",
    "parcel.ttml": "ttml",
    "parcel.stm": "stm",
    "parcel_timed.txt": "timed_text",
    "parcel_labels.txt": "audacity",
}


def spoken(name: str) -> list[tuple[float | None, float | None, str | None, str]]:
    cues = utterances(read_transcript(str(SAMPLES / name)))
    return [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in cues]


@pytest.mark.parametrize("name", READER)
def test_every_format_gives_the_same_utterances(name):
    reader = reader_of(open_document(str(SAMPLES / name)))
    assert reader is not None
    assert reader.__name__.rpartition(".")[2] == READER[name]
    assert read_transcript(str(SAMPLES / name)).unread == []
    assert spoken(name) == PARCEL


def test_the_content_decides_and_not_the_name(tmp_path):
    for name in READER:
        path = tmp_path / "parcel.txt"
        path.write_bytes((SAMPLES / name).read_bytes())
        cues = utterances(read_transcript(str(path)))
        assert [cue.text for cue in cues] == [text for *_, text in PARCEL]


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("name", [*READER, "parcel.lrc", "parcel.rttm"])
def test_utterances_are_written_and_read_again(name, to, tmp_path):
    cues = utterances(read_transcript(str(SAMPLES / name)))
    path = tmp_path / f"parcel.{to}"
    path.write_text(WRITERS[to]([WrittenCue(cue) for cue in cues]))
    again = utterances(read_transcript(str(path)))
    if any(cue.text for cue in cues) or to != "srt":  # SubRip has names in its words alone
        found = [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in again]
        assert found == [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in cues]


def test_lrc_has_no_ends_but_the_next_lines(tmp_path):
    assert spoken("parcel.lrc") == [
        (0.5, 2.4, "Ann", PARCEL[0][3]),
        (2.4, 5.0, "Bo", PARCEL[1][3]),
        (5.0, 7.75, "Ann", PARCEL[2][3]),
        (8.0, 9.5, "Bo", PARCEL[3][3]),
    ]


def test_rttm_gives_turns_without_words():
    assert spoken("parcel.rttm") == [(*turn[:3], "") for turn in PARCEL]


def test_plain_text_has_no_times():
    assert spoken("parcel_plain.txt") == [(None, None, *turn[2:]) for turn in PARCEL]


def test_ctm_gives_channels_and_confidence():
    cues = read_transcript(str(SAMPLES / "parcel.ctm")).cues
    assert [(cue.channel, cue.confidence) for cue in sorted(cues, key=lambda cue: cue.start_s)] == [
        (0, pytest.approx(0.9)),
        (1, pytest.approx(1.0)),
        (0, pytest.approx(0.8)),
        (1, None),
    ]


def test_languages_are_read():
    names = ("parcel.vtt", "parcel.ttml", "parcel.srt")
    languages = [read_transcript(str(SAMPLES / name)).language for name in names]
    assert languages == ["en", "en", None]


def test_webvtt_py_reads_the_same_webvtt():
    captions = webvtt.read(str(SAMPLES / "parcel.vtt")).captions
    assert [
        (
            one.start_time.in_milliseconds() / 1000,
            one.end_time.in_milliseconds() / 1000,
            one.voice,
            " ".join(one.text.replace("&amp;", "&").split()),
        )
        for one in captions
    ] == PARCEL


def test_pysubs2_reads_the_same_subrip():
    events = pysubs2.load(str(SAMPLES / "parcel.srt")).events
    assert [(one.start / 1000, one.end / 1000) for one in events] == [turn[:2] for turn in PARCEL]
    raw = [" ".join(one.plaintext.split()) for one in events]
    assert raw == [f"{speaker}: {text}" for _, _, speaker, text in PARCEL]


def test_praatio_reads_the_same_textgrid(tmp_path):
    grid = praatio.textgrid.openTextgrid(str(SAMPLES / "parcel.TextGrid"), False)
    intervals = [
        (start, end, name, label)
        for name in ("Ann", "Bo")
        for start, end, label in grid.getTier(name).entries
        if label != "sil"
    ]
    assert sorted(intervals) == PARCEL
    for form in ("short_textgrid", "long_textgrid"):
        grid.save(str(tmp_path / "parcel.TextGrid"), form, True)
        cues = utterances(read_transcript(str(tmp_path / "parcel.TextGrid")))
        assert [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in cues] == PARCEL


def test_pympi_reads_the_same_elan():
    elan = pympi.Elan.Eaf(str(SAMPLES / "parcel.eaf"))
    own = [(*one[:2], "Ann", one[2]) for one in elan.get_annotation_data_for_tier("A-text")]
    below = [(*one[:2], "Bo", one[2]) for one in elan.get_ref_annotation_data_for_tier("B-text")]
    times = [(start / 1000, end / 1000, *rest) for start, end, *rest in own + below]
    assert sorted(times) == PARCEL


def test_every_transcript_of_the_demo_corpus_is_read_whole():
    paths = [path for path in sorted(DEMO.iterdir()) if path.suffix in (".vtt", ".srt")]
    assert len(paths) > 1
    for path in paths:
        transcript = read_transcript(str(path))
        cues = utterances(transcript)
        assert len(cues) == path.read_text().count("-->")
        assert transcript.unread == []
        assert all(cue.text and cue.speaker for cue in cues)
