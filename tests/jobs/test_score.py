"""`daf score SOURCE`: manifest, scores, verification and report by one command, again and again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from daf_core.default_heads import default_heads
from daf_core.errors import NotDone, SettingsError
from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.storage import parquet
from daf_core.weights.specs import resolve
from jobs.settings import IngestSettings, ScoreSettings
from jobs.verbs import ingest, score
from tests.e2e.corpus import make_encoders, write_hum

STREAMS = {"text": (3, 32), "audio": (3, 64)}
CUE = "WEBVTT\n\n00:00.000 --> 00:01.000\n{}\n\n00:01.000 --> 00:02.000\nand more\n"


@pytest.fixture(scope="module")
def make_head(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], str]:
    """Write an untrained head on tiny encoders; gives its folder."""
    encoders = make_encoders(tmp_path_factory.mktemp("encoders"))
    specs = {"text": resolve(encoders.text), "audio": resolve(encoders.audio)}

    def make(seed: int) -> str:
        torch.manual_seed(seed)
        folder = str(tmp_path_factory.mktemp("head"))
        module = build("daf", STREAMS, 8)
        trained_head.save(
            folder,
            module,
            kind="daf",
            width=8,
            shapes=STREAMS,
            encoders=specs,
            calibrations={},
            facts={},
        )
        return folder

    return make


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A folder of two recordings with transcripts."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for name, pitch_hz in (("a", 110), ("b", 180)):
        add_call(folder, name, pitch_hz)
    return folder


def add_call(folder: Path, name: str, pitch_hz: float) -> None:
    write_hum(folder / f"{name}.wav", pitch_hz)
    (folder / f"{name}.vtt").write_text(CUE.format(f"call {name}"))


def settings(source: Path, out: Path, head: str, **options: object) -> ScoreSettings:
    # 4 s a part: a call is a part.
    base = {"source": str(source), "out": str(out), "head": head, "local": True}
    return ScoreSettings(**base | {"part_minutes": 0.1} | options)  # type: ignore[arg-type]


def changed(folder: Path) -> dict[str, int]:
    """Part → time of its change."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("scores/part-*")}


def test_one_command_does_it_all_and_again_only_what_is_new(calls, make_head, tmp_path, capsys):
    out, head = calls / "answers", make_head(0)  # within the source: it is no part of it
    lines = score.run(settings(calls, out, head)).splitlines()
    assert "4 rows in, 4 in the manifest, 0 quarantined" in capsys.readouterr().out
    assert lines[0].startswith("4 rows in, 4 scored, 0 quarantined, ")
    assert "hours of speech" in lines[0]
    assert lines[1:] == [
        f"2 calls: 2 scored; `daf calls {out}` lists them",
        "verified: every manifest row is either scored or quarantined, once",
        "how well: no intervals; familiarity is not measured; 1 warning",
        "warning: No intervals: 4 of 4 rows (100 %) have no interval: the head is not calibrated. "
        "How far their scores are off is not known. To know it, label 50 utterances and fit the "
        "head to them (`daf label`, `daf adapt`).",
        f"report: {out}/report.html",
    ]
    assert "call a" in (out / "report.html").read_text()
    assert json.loads((out / "manifest/run.json").read_text())["kind"] == "manifest"
    before = changed(out)

    score.run(settings(calls, out, head))
    said = capsys.readouterr().out
    assert said.startswith("nothing to do: 4 rows in, 4 in the manifest")
    assert "not used" not in said
    assert changed(out) == before

    add_call(calls, "c", 140)
    (calls / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(NotDone, match="rows quarantined unreadable_audio 1") as told:
        score.run(settings(calls, out, head, strict=True))
    assert str(told.value.summary).splitlines()[-1] == f"report: {out}/report.html"
    after = changed(out)
    assert {name: after[name] for name in before} == before
    assert "call c" in (out / "report.html").read_text()

    with pytest.raises(SettingsError, match=r"found those .* --out …` ingests nothing again"):
        score.run(settings(calls, out, make_head(1)))
    with pytest.raises(SettingsError, match=r'channels was not given, is "0=agent"; .*`fresh`'):
        score.run(settings(calls, out, head, channels={"0": "agent"}))
    assert changed(out) == after
    other = score.run(settings(out / "manifest", tmp_path / "2", make_head(1), part_minutes=None))
    assert other.startswith("6 rows in, 6 scored")
    assert not (tmp_path / "2" / "manifest").exists()


def test_other_metadata_is_taken_over_without_scoring_again(calls, make_head, tmp_path, caplog):
    table, out, head = tmp_path / "about.csv", tmp_path / "s", make_head(0)
    table.write_text("recording_id,queue\na,billing\nb,sales\n")
    asked = settings(calls, out, head, meta=str(table))
    score.run(asked)
    before = {row["utterance_id"]: row for row in _rows(out, "scores")}
    table.write_text("recording_id,queue,agent\na,billing,kim\nb,help,lee\n")
    with caplog.at_level("INFO"):
        lines = score.run(asked).splitlines()
    assert "scored: metadata has changed in 1 part" in caplog.text
    assert lines[0].endswith("1 part was done before")
    after = {row["utterance_id"]: row for row in _rows(out, "scores")}
    told = {
        "a": [("queue", "billing"), ("agent", "kim")],
        "b": [("queue", "help"), ("agent", "lee")],
    }
    assert {row["recording_id"]: row["meta"] for row in after.values()} == told
    assert {row["recording_id"]: row["meta"] for row in _rows(out, "calls")} == told
    for name, row in after.items():
        assert row | {"meta": 0} == before[name] | {"meta": 0}
    fresh = tmp_path / "fresh"
    score.run(settings(calls, fresh, head, meta=str(table)))
    for name in ("scores", "calls", "speakers", "manifest/manifest"):
        assert bytes_in(out / name) == bytes_in(fresh / name)


def _rows(out: Path, kind: str) -> list[dict[str, object]]:
    return [
        row
        for path in sorted((out / kind).glob("part-*"))
        for row in parquet.read(str(path), kind)[0].to_pylist()
    ]


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("part-*")}


def test_a_report_and_a_verification_are_made_unless_they_are_not_wanted(
    calls, make_head, tmp_path
):
    asked = settings(calls, tmp_path / "s", make_head(0), verify=False, report=False)
    assert len(score.run(asked).splitlines()) == 2
    assert not (tmp_path / "s" / "report.html").exists()


def test_without_a_report_the_flags_tell_of_another_language(calls, make_head, tmp_path):
    head = Path(make_head(0))
    record = json.loads((head / "head.json").read_text())
    (head / "head.json").write_text(json.dumps({**record, "languages": ["fi"]}))
    folder = tmp_path / "told"
    folder.mkdir()
    add_call(folder, "a", 110)
    said = "this is a sentence that is plainly English, and so is all that comes after it"
    (folder / "a.vtt").write_text(CUE.format(said))
    asked = settings(folder, tmp_path / "s", str(head), verify=False, report=False)
    _, _, warning, more = score.run(asked).splitlines()
    assert warning.startswith("warning: Another language: the words of 2 of 2 rows (100 %) are in")
    assert more.startswith(f"`daf report {tmp_path}/s` says where")


def test_what_does_not_go_together_is_refused_before_any_work(calls, make_head, tmp_path):
    head, out, manifest = make_head(0), tmp_path / "s", tmp_path / "m"
    ingest.run(IngestSettings(source=str(calls), out=str(manifest)))
    with pytest.raises(SettingsError, match="`roles`: goes with what is to be ingested"):
        score.run(settings(manifest, out, head, part_minutes=None, roles={"agent": "A*"}))
    with pytest.raises(SettingsError, match="`actors` many: expected a number"):
        score.run(settings(calls, out, head, actors="many"))
    with pytest.raises(SettingsError, match="expected an empty folder or scores, found manifest"):
        score.run(settings(calls, manifest, head))
    for kind in ("embeddings", "scores"):
        other = tmp_path / kind
        shutil.copytree(manifest, other)
        record = json.loads((other / "run.json").read_text())
        (other / "run.json").write_text(json.dumps({**record, "kind": kind}))
        with pytest.raises(SettingsError, match=f"expected recordings, .* found {kind} of daf"):
            score.run(settings(other, out, head, part_minutes=None))
    assert not out.exists()


@pytest.mark.parametrize("content", ["[1]", "{", '{"kind": "half marathon"}'])
def test_a_run_json_of_others_is_a_file_of_the_folder(calls, make_head, tmp_path, content):
    (calls / "run.json").write_text(content)
    out = tmp_path / "s"
    scored = score.run(settings(calls, out, make_head(0), report=False))
    assert scored.startswith("4 rows in, 4 scored")


@pytest.mark.skipif(not default_heads(), reason="no head is in the package")
def test_without_a_head_that_of_the_package_is_taken_and_its_licence_is_said_once(
    calls, tmp_path, capsys
):
    asked = ScoreSettings(source=str(calls), out=str(tmp_path / "s"), local=True, offline=True)
    assert score.run(asked).startswith("4 rows in, 4 scored, 0 quarantined")
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("head fast of the package, for en")
    assert not any("head" in line for line in others)
