"""Files about several recordings: each recording takes what is said of it."""

import json

import pytest

from daf_core.sources.open_source import open_source
from tests.core.sources.folders.files import SRT, text, tone
from tests.core.sources.ingest import ingest

SAID = [("a", 0.1, "hi"), ("b", 0.5, "ho"), ("a", 1.2, "there"), ("zz", 1.0, "no")]
FILES = {
    "all.rttm": "".join(f"SPEAKER {n} 1 {s} 0.4 <NA> <NA> {w} <NA> <NA>\n" for n, s, w in SAID),
    "all.ctm": "".join(f"{n} 1 {s} 0.4 {w}\n" for n, s, w in SAID),
    "all.stm": ";; made by hand\n"
    + "".join(f"{n}.wav 1 Kim {s} {s + 0.4:.1f} <o,f0> {w}\n" for n, s, w in SAID),
    "all.csv": "file,start,end,text\n"
    + "".join(f'audio/{n}.wav,{s},{s + 0.4:.1f},"{w}"\n' for n, s, w in SAID),
    "all.jsonl": "".join(
        json.dumps({"audio_filepath": f"/x/{n}.wav", "offset": s, "duration": 0.4, "text": w})
        + "\n"
        for n, s, w in SAID
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_go_to_their_recordings_and_what_has_none_is_named(name, tmp_path):
    for one in ("a", "b"):
        tone(tmp_path / "audio" / f"{one}.wav")
    text(tmp_path / name, FILES[name])
    found = ingest(tmp_path)
    said = {(r["recording_id"], r["start_s"], r["text"] or r["speaker"]) for r in found.rows}
    assert said == {("audio/a", 0.1, "hi"), ("audio/b", 0.5, "ho"), ("audio/a", 1.2, "there")}
    assert [row["reason"] for row in found.quarantined] == ["unmatched_transcript"]
    assert "zz" in found.quarantined[0]["message"]


NAMELESS = {
    "all.rttm": ("SPEAKER\n;; a remark\n\n", "line 5"),
    "all.csv": (",2,3,lost\n", "line 6"),
    "all.tsv": ("x\n", "line 6"),
    "all.jsonl": ('{"offset": 1, "duration": 1, "text": "lost"}\n', "entry 5"),
}


@pytest.mark.parametrize("name", NAMELESS)
def test_lines_that_name_no_recording_are_named(name, tmp_path):
    tone(tmp_path / "audio" / "a.wav")
    more, place = NAMELESS[name]
    tabbed = FILES["all.csv"].replace(",", "\t")
    text(tmp_path / name, FILES.get(name, tabbed) + more)
    found = ingest(tmp_path)
    assert {row["text"] or row["speaker"] for row in found.rows} == {"hi", "there"}
    told = [row["message"] for row in found.quarantined if "expected the name" in row["message"]]
    assert told == [
        f"{tmp_path / name}, {place}: expected the name of a recording, as other lines have, "
        f"found none"
    ]
    assert len(found.quarantined) == 3  # b and zz are not there


def test_lines_of_others_in_a_file_of_one_recordings_name_are_named(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.ctm", FILES["all.ctm"])
    found = ingest(tmp_path)
    assert {row["recording_id"] for row in found.rows} == {"a"}
    assert [row["message"].partition(", ")[2].partition(":")[0] for row in found.quarantined] == [
        "1 line of recording b",
        "1 line of recording zz",
    ]


def test_only_recordings_of_which_something_changed_have_another_version(tmp_path):
    def versions() -> dict[str, str]:
        source = open_source(str(tmp_path))
        source.gather()
        return {key: source.version(key, held) for key, held in source.recordings()}

    for one in ("a", "b"):
        tone(tmp_path / f"{one}.wav")
    text(tmp_path / "all.ctm", FILES["all.ctm"])
    before = versions()
    text(tmp_path / "all.ctm", FILES["all.ctm"] + "b 1 1.5 0.2 more\n")
    after = versions()
    assert before["a"] == after["a"]
    assert before["b"] != after["b"]


def test_stm_gives_utterances_with_speakers(tmp_path):
    tone(tmp_path / "a.wav")
    lines = ["a 1 inter_segment_gap 0 0.2 <o> ignore_time_segment_in_scoring", "a 1 Kim 0.2 1 hi"]
    text(tmp_path / "a.stm", "\n".join([*lines, "a 1 Bo 1 1.5 yes so"]))
    said = [(r["speaker"], r["start_s"], r["end_s"], r["text"]) for r in ingest(tmp_path).rows]
    assert said == [("Kim", 0.2, 1.0, "hi"), ("Bo", 1.0, 1.5, "yes so")]


@pytest.mark.parametrize("with_recording", [True, False])
@pytest.mark.parametrize("name", FILES)
def test_a_file_none_of_whose_recordings_is_there_is_not_used(name, with_recording, tmp_path):
    text(tmp_path / "alone.srt", SRT)
    if with_recording:
        tone(tmp_path / "elsewhere.wav")
        text(tmp_path / "elsewhere.srt", SRT)
    text(tmp_path / name, FILES[name])
    found = ingest(tmp_path)
    (unused,) = found.quarantined
    assert (unused["reason"], unused["recording_id"]) == ("no_recording", None)
    assert unused["file"] == str(tmp_path / name)
    assert "found none of the 3, such as" in unused["message"]
    assert len(found.rows) == 1 + with_recording
