"""daf convert: transcripts and scores in four formats; every file is accounted for."""

import csv
import json
import re
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pytest

from daf_core.errors import SettingsError
from daf_core.schemas import MANIFEST, QUARANTINE, SCORES
from daf_core.sources.transcripts import read_transcript
from daf_core.sources.transcripts.writing import WRITERS
from daf_core.storage import files, parquet
from daf_core.storage.output import manifest_output, scores_output
from jobs.settings import ConvertSettings
from jobs.verbs import convert
from jobs.verbs.convert_refused import TABLE

VTT = "WEBVTT\n\n00:00.500 --> 00:02.000\n<v Ann>Hello there\n\n00:02.500 --> 00:03.000\n<v Bo>Hm\n"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Two transcripts of one call, one of another, and three files that are none."""
    folder = tmp_path / "calls"
    (folder / "march").mkdir(parents=True)
    (folder / "a.vtt").write_text(VTT)
    (folder / "a.json").write_text('[{"start": 1, "end": 2, "text": "Yes"}, 7]')
    (folder / "march" / "b.csv").write_text("start,end,text\n0,1.5,No\n")
    (folder / "a.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE" + bytes(100))
    (folder / "notes.json").write_text('{"title": "no transcript"}')
    (folder / ".hidden.vtt").write_text(VTT)
    return folder


def run(source: Path, to: str, out: Path, manifest: Path | None = None) -> str:
    given = None if manifest is None else str(manifest)
    return convert.run(ConvertSettings(source=str(source), to=to, out=str(out), manifest=given))  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("to", WRITERS)
def test_a_folder_is_written_file_by_file_and_the_others_are_named(calls, tmp_path, to, capsys):
    out = tmp_path / "out"
    summary = run(calls, to, out)
    assert names(out) == sorted([f"a.{to}", f"a.2.{to}", f"march/b.{to}", "not_used.csv"])
    assert ": 3 recordings, 4 cues, 2 files not used or not whole, 1 file without text" in summary
    said = capsys.readouterr().err
    assert [name for name in ("notes.json", "a.json") if name not in said] == []
    assert "a.wav" not in said  # a recording beside its transcript is no fault
    assert "segment 2" in said
    assert len(said.splitlines()) == 2  # a line a reason
    named = (out / "not_used.csv").read_text()
    assert [name for name in ("a.wav", "notes.json", "a.json") if name not in named] == []
    (cue,) = read_transcript(str(out / f"march/b.{to}")).cues
    assert (cue.text, cue.start_s, cue.end_s) == ("No", 0.0, 1.5)
    before = {name: (out / name).read_bytes() for name in names(out)}
    run(calls, to, out)
    assert {name: (out / name).read_bytes() for name in names(out)} == before


def test_one_file_becomes_one_file(calls, tmp_path):
    summary = run(calls / "a.vtt", "srt", tmp_path / "b.srt")
    assert summary.startswith(f"{tmp_path}/b.srt: 1 recording, 2 cues, ")
    assert (tmp_path / "b.srt").read_text() == (
        "1\n00:00:00,500 --> 00:00:02,000\nAnn: Hello there\n\n"
        "2\n00:00:02,500 --> 00:00:03,000\nBo: Hm\n"
    )


def test_a_transcript_without_times_is_no_subtitle(tmp_path, capsys):
    segments = [{"start": None, "end": None, "text": "when?", "seek": 0}]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text(json.dumps({"segments": segments}))
    (tmp_path / "in" / "b.vtt").write_text(VTT)
    run(tmp_path / "in", "srt", tmp_path / "out")
    assert names(tmp_path / "out") == ["b.srt", "not_used.csv"]
    assert "a: no cue has times" in capsys.readouterr().err
    assert "2 recordings, 3 cues" in run(tmp_path / "in", "jsonl", tmp_path / "out")


def test_what_an_earlier_run_wrote_within_the_source_is_left_alone(calls):
    run(calls, "csv", calls / "tables")
    first = names(calls)
    run(calls, "csv", calls / "tables")
    assert names(calls) == first


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        ("calls", "one.vtt", "expected a folder, as there are several recordings"),
        ("calls/notes.json", "out", "found none that can be read; .*notes.json"),
        ("nowhere", "out", "expected a file or folder, found none"),
        ("calls", "calls", "expected another place than the source"),
        ("calls/a.vtt", "calls/a.wav", "expected a folder, or a file that ends in .vtt"),
        (
            "calls/a.vtt",
            "c.txt",
            "expected a name that ends in .vtt .*found .txt",
        ),
        ("calls/a.json", "c.srt", "expected a name that ends in .vtt .*found .srt; give `to` srt"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(calls, tmp_path, source, out, said):
    before = names(tmp_path)
    with pytest.raises(SettingsError, match=said):
        run(tmp_path / source, "vtt", tmp_path / out)
    assert names(tmp_path) == before


def test_files_that_were_not_used_once_are_not_named_again(calls, tmp_path):
    run(calls, "vtt", tmp_path / "out")
    assert len((tmp_path / "out" / "not_used.csv").read_text().splitlines()) == 4
    for name in ("a.wav", "notes.json", "a.json"):
        (calls / name).unlink()
    run(calls, "vtt", tmp_path / "out")
    assert "not_used.csv" not in names(tmp_path / "out")


def test_many_files_of_a_kind_are_one_line(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.vtt").write_text(VTT)
    for number in range(30):
        (tmp_path / "in" / f"{number}.json").write_text('{"title": 1}')
    assert "30 files not used or not whole; all named in" in run(
        tmp_path / "in", "csv", tmp_path / "out"
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("daf: 30 unreadable_transcript: ")
    assert line.endswith("(and 27 more)")
    assert len((tmp_path / "out" / "not_used.csv").read_text().splitlines()) == 31


def row(schema: pa.Schema, **cells: object) -> dict[str, object]:
    return {**dict.fromkeys(schema.names), "meta": [], "flags": [], **cells}


@pytest.fixture
def scored(tmp_path: Path) -> tuple[Path, Path]:
    """Folders of a manifest and its scores: two recordings, the first in two parts."""
    rows = [
        ("part-00000", "u1", "x/a", 3.0, "Second"),
        ("part-00001", "u2", "x/a", 1.0, "First"),
        ("part-00001", "u3", "../../b", 0.5, None),
    ]
    for part in ("part-00000", "part-00001"):
        own = [one for one in rows if one[0] == part]
        words = [
            row(MANIFEST, utterance_id=u, recording_id=r, start_s=s, end_s=s + 1, text=text)
            for _, u, r, s, text in own
        ]
        scores = [
            row(
                SCORES,
                utterance_id=u,
                recording_id=r,
                start_s=s,
                end_s=s + 1,
                speaker="Ann",
                sentiment=1.82,
                polarity="positive",
                text_sentiment=None if text is None else 2.0,
            )
            for _, u, r, s, text in own
        ]
        for output, schema, found in (
            (manifest_output(str(tmp_path / "m")), MANIFEST, words),
            (scores_output(str(tmp_path / "s")), SCORES, scores),
        ):
            table = pa.Table.from_pylist(found, schema=schema)
            uri = output.part_uri(f"{part}.parquet")
            files.publish(uri, parquet.parquet_bytes(table, output.kind, {}))
    return tmp_path / "s", tmp_path / "m"


def test_scores_are_written_with_their_words_a_file_per_recording(scored, tmp_path):
    scores, manifest = scored
    out = tmp_path / "out"
    summary = run(scores, "vtt", out, manifest)
    assert ": 2 recordings, 3 cues (1 without words), " in summary
    assert names(out) == ["b.vtt", "x/a.vtt"]  # never outside the folder
    assert (out / "x/a.vtt").read_text() == (
        "WEBVTT\n\n"
        "NOTE sentiment +1.82, polarity positive, text_sentiment +2.00\n\n"
        "00:00:01.000 --> 00:00:02.000\n<v Ann>First\n\n"
        "NOTE sentiment +1.82, polarity positive, text_sentiment +2.00\n\n"
        "00:00:03.000 --> 00:00:04.000\n<v Ann>Second\n"
    )
    run(scores, "jsonl", out, manifest)
    first, _ = map(json.loads, (out / "x/a.jsonl").read_text().splitlines())
    assert first["text"] == "First"
    assert first["sentiment"] == 1.82
    run(scores, "csv", out, manifest)
    assert (out / "x/a.csv").read_text().splitlines()[0] == (
        "start_s,end_s,speaker,text,sentiment,polarity,text_sentiment"
    )


def test_scores_without_a_manifest_have_no_words_and_say_so(scored, tmp_path):
    scores, _ = scored
    assert re.search(r"3 cues \(3 without words\)", run(scores, "csv", tmp_path / "out"))
    with pytest.raises(SettingsError, match=r"`manifest` .*found none"):
        run(scores, "csv", tmp_path / "out", tmp_path / "nowhere")


def test_utterances_that_were_not_scored_are_told(scored, tmp_path, capsys):
    scores, manifest = scored
    for output, part, recording, reason in (
        (scores_output(str(scores)), "part-00001", "x/a", "poison"),
        (manifest_output(str(manifest)), "part-00000", "x/a", "empty_row"),
        (manifest_output(str(manifest)), "part-00001", None, "unknown_format"),  # a file
        (manifest_output(str(manifest)), "part-00002", "gone", "no_speech"),
    ):
        found = [row(QUARANTINE, recording_id=recording, reason=reason, stage="decode", message="")]
        table = pa.Table.from_pylist(found * 2, schema=QUARANTINE)
        uri = files.join(output.quarantine_uri, f"{part}.parquet")
        files.publish(uri, parquet.parquet_bytes(table, "quarantine", {}))
    out = tmp_path / "out"
    assert ", 2 recordings not used or not whole; all named in" in run(scores, "vtt", out, manifest)
    assert capsys.readouterr().err.splitlines() == [
        "daf: 1 empty_row: x/a: 2 utterances quarantined",
        "daf: 1 poison: x/a: 2 utterances quarantined",
        "daf: 1 no_speech: gone: 2 utterances quarantined",
    ]
    with (out / TABLE).open(newline="") as file:
        assert [one["name"] for one in csv.DictReader(file)] == ["x/a", "x/a", "gone"]


def test_a_recording_of_mp4_is_media_and_text_of_utf_16_is_none(tmp_path, capsys):
    for name, data in {
        "call.m4a": resources.files("jobs")
        .joinpath("demo_corpus/internet-outage.m4a")
        .read_bytes(),
        "said.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n".encode("utf-16-le"),
    }.items():
        (tmp_path / name).write_bytes(data)
    convert.run(ConvertSettings(source=str(tmp_path), to="csv", out=str(tmp_path / "out")))
    said = (tmp_path / "out" / TABLE).read_text()
    assert "call.m4a,no_text," in said
    assert "said" not in said
    assert not capsys.readouterr().err
