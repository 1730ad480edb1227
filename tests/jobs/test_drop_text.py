"""`daf score --drop-text`: no output holds the words, and every row was scored with them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import torch

from daf_core.errors import NotDone, SettingsError
from daf_core.heads import build
from daf_core.privacy.words import drop_words, were_dropped
from daf_core.stages import trained_head
from daf_core.storage import run_record
from daf_core.storage.output import manifest_output, scores_output
from daf_core.weights.specs import resolve
from jobs.settings import ExportSettings, LabelSettings, QuerySettings, ScoreSettings
from jobs.verbs import export, label, query, score
from tests.e2e.corpus import make_encoders, write_hum
from tests.jobs.stored_text import stored_text

STREAMS = {"text": (3, 32), "audio": (3, 64)}
CUE = "WEBVTT\n\n00:00.000 --> 00:01.000\n{}\n\n00:01.000 --> 00:02.000\nzebra {} xylophone\n"
PLANTED = ("zebra", "xylophone", "planted sentence")


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An untrained head on tiny encoders."""
    encoders = make_encoders(tmp_path_factory.mktemp("encoders"))
    torch.manual_seed(0)
    folder = str(tmp_path_factory.mktemp("head"))
    trained_head.save(
        folder,
        build("daf", STREAMS, 8),
        kind="daf",
        width=8,
        shapes=STREAMS,
        encoders={"text": resolve(encoders.text), "audio": resolve(encoders.audio)},
        calibrations={},
        facts={},
    )
    return folder


def add_call(folder: Path, name: str, pitch_hz: float, said: str = "planted sentence") -> None:
    write_hum(folder / f"{name}.wav", pitch_hz)
    (folder / f"{name}.vtt").write_text(CUE.format(f"{said} of {name}", name))


def settings(source: Path, out: Path, head: str, **options: object) -> ScoreSettings:
    base = {"source": str(source), "out": str(out), "head": head, "local": True}
    return ScoreSettings(**base | {"offline": True} | options)  # type: ignore[arg-type]


def scores_of(out: Path) -> dict[str, dict[str, object]]:
    rows = pa.concat_tables(scores_output(str(out)).read_all()).to_pylist()
    return {row["utterance_id"]: row for row in rows}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive") / "calls"
    folder.mkdir()
    for name, pitch_hz in (("a", 110), ("b", 180)):
        add_call(folder, name, pitch_hz)
    return folder


@pytest.fixture(scope="module")
def dropped(calls: Path, head: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both calls in one part, scored without words in any output."""
    out = tmp_path_factory.mktemp("dropped") / "s"
    said = score.run(settings(calls, out, head, drop_text=True))
    assert f"dropped the words of 1 part; no table in {out} holds words" in said
    assert "verified: every manifest row is either scored or quarantined, once" in said
    return out


@pytest.fixture(scope="module")
def plain(calls: Path, head: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "s"
    score.run(settings(calls, out, head))
    return out


def test_no_byte_of_any_output_holds_the_words(dropped: Path, plain: Path, tmp_path: Path) -> None:
    assert all(one in stored_text(plain) for one in PLANTED)
    assert not [one for one in PLANTED if one in stored_text(dropped)]
    assert scores_of(dropped) == scores_of(plain)  # the words were read
    exported = tmp_path / "tables"
    export.run(ExportSettings(str(dropped), to="jsonl", out=str(exported)))
    for folder, count in ((dropped, 0), (plain, 2)):
        sql = "SELECT count(*) AS texts FROM utterances WHERE text LIKE 'zebra%'"
        told = query.run(QuerySettings(str(folder), sql, to="jsonl"))
        assert told == f'{{"texts": {count}}}'
    sql = "SELECT count(text) AS texts FROM utterances"
    assert query.run(QuerySettings(str(dropped), sql, to="jsonl")) == '{"texts": 0}'
    label.run(LabelSettings(str(dropped), out=str(tmp_path / "labels.csv"), rows=4))
    assert not [one for one in PLANTED if one in stored_text(tmp_path)]
    pages = [(folder / "report.html").read_text() for folder in (dropped, plain)]
    assert ["<audio" in page for page in pages] == [False, True]  # words are heard in clips


def test_a_grown_archive_keeps_the_scores_of_rows_whose_words_are_gone(
    head: str, tmp_path: Path
) -> None:
    calls, out = tmp_path / "calls", tmp_path / "s"
    calls.mkdir()
    for name, pitch_hz in (("a", 110), ("b", 180), ("gone", 150)):
        add_call(calls, name, pitch_hz)
    score.run(settings(calls, out, head, drop_text=True))
    before = scores_of(out)
    for path in calls.glob("gone.*"):
        path.unlink()
    add_call(calls, "c", 140)
    add_call(calls, "b", 180, "another planted sentence")  # in one part with a and gone
    said = score.run(settings(calls, out, head, drop_text=True))
    assert "read again" not in said
    assert "verified: every manifest row is either scored or quarantined, once" in said
    after = scores_of(out)
    assert {row["recording_id"] for row in after.values()} == {"a", "b", "c", "gone"}
    assert len(after) == 8
    kept = {id_: row for id_, row in before.items() if row["recording_id"] != "b"}
    assert {id_: after[id_] for id_ in kept} == kept
    assert not [one for one in PLANTED if one in stored_text(out)]

    score.run(settings(calls, tmp_path / "fresh", head))
    fresh = scores_of(tmp_path / "fresh")
    assert {id_: row for id_, row in after.items() if row["recording_id"] != "gone"} == fresh


def test_what_must_be_scored_again_is_read_again(
    dropped: Path, calls: Path, head: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s"
    shutil.copytree(dropped, out)
    expected = scores_of(out)
    os.remove(out / "scores" / "part-00000.parquet")
    said = score.run(settings(calls, out, head, drop_text=True))
    printed = capsys.readouterr()
    assert "words of 1 part were dropped and are read again" in printed.out
    assert not [one for one in PLANTED if one in printed.out + printed.err + said]
    assert "verified: every manifest row is either scored or quarantined, once" in said
    assert scores_of(out) == expected
    assert not [one for one in PLANTED if one in stored_text(out)]


def test_rows_without_their_words_are_never_scored(
    dropped: Path, calls: Path, head: str, tmp_path: Path
) -> None:
    with pytest.raises(NotDone, match="expected rows with their words, found that these were"):
        score.run(ScoreSettings(source=f"{dropped}/manifest", out=f"{tmp_path}/s", head=head,
                                local=True, offline=True))  # fmt: skip
    with pytest.raises(SettingsError, match="expected `drop_text`, as with the earlier run"):
        score.run(settings(calls, dropped, head))
    with pytest.raises(SettingsError, match="`drop_text`: goes with what is to be ingested"):
        score.run(settings(dropped / "manifest", tmp_path / "t", head, drop_text=True))


def test_words_of_an_earlier_run_are_dropped_too(
    plain: Path, calls: Path, head: str, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    shutil.copytree(plain, out)
    times = {path: path.stat().st_mtime_ns for path in out.glob("scores/*")}
    label.run(LabelSettings(str(out), out=str(out / "labels.csv"), rows=4))
    labelled = (out / "labels.csv").read_text("utf-8-sig")
    assert any(one in labelled for one in PLANTED)
    said = score.run(settings(calls, out, head, drop_text=True, report=False))
    assert "dropped the words of 1 part, labels.csv; no table in" in said
    assert len((out / "labels.csv").read_text("utf-8-sig").splitlines()) == len(
        labelled.splitlines()
    )
    assert not [one for one in PLANTED if one in stored_text(out)]
    assert {path: path.stat().st_mtime_ns for path in out.glob("scores/*")} == times


def test_killed_at_any_file_and_run_again_no_words_are_left(plain: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from daf_core.storage import files, parquet\n"
        "from daf_core.privacy.words import drop_words\n"
        "from daf_core.storage.output import manifest_output\n"
        "left, publish = [int(sys.argv[2])], files.publish\n"
        "def counted(uri, data):\n"
        "    if not left[0]: os._exit(9)\n"
        "    left[0] -= 1\n"
        "    publish(uri, data)\n"
        "files.publish = parquet.publish = counted\n"
        "drop_words(manifest_output(sys.argv[1]))\n"
    )
    for step in (0, 1, 2):
        folder = tmp_path / f"{step}"
        shutil.copytree(plain / "manifest", folder)
        ended = subprocess.run([sys.executable, "-c", script, str(folder), f"{step}"], check=False)
        assert ended.returncode == (9 if step < 2 else 0)
        output = manifest_output(str(folder))
        assert were_dropped(run_record.read(output)) == (step > 0)
        assert drop_words(output) == (step < 2)
        assert not [one for one in PLANTED if one in stored_text(folder)]
