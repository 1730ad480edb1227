"""A folder of scores that was moved or copied keeps its words, and leaves the original alone."""

import csv
import shutil
from pathlib import Path

import pytest

from daf_core.errors import SettingsError
from daf_core.storage.output import scores_output
from jobs.parts.calls import make_calls
from jobs.settings import (
    CallsSettings,
    ConvertSettings,
    EncodeResources,
    ExportSettings,
    ForgetSettings,
    LabelSettings,
    QuerySettings,
    ReportSettings,
    VerifySettings,
)
from jobs.verbs import calls as list_calls
from jobs.verbs import convert, export, forget, ingest, label, query, report, verify
from tests.jobs.scored_calls import add_call, asked, scored
from tests.jobs.stored_text import stored_text

COUNTS = "SELECT count(*) AS rows, count(text) AS texts FROM utterances"
NAMES = ("ada", "bob", "kim")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in NAMES:
        add_call(folder, name)
    (folder / "broken.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture(params=["now", "older"])
def out(request: pytest.FixtureRequest, calls: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "m1"
    ingest.run(asked(calls, folder / "manifest"))
    scored(folder, older=request.param == "older")
    return folder


def counted(scores: Path) -> str:
    return query.run(QuerySettings(str(scores), COUNTS, to="csv")).splitlines()[1]


def test_every_verb_finds_the_words_of_a_folder_that_was_moved(out: Path, tmp_path: Path) -> None:
    moved = out.rename(tmp_path / "m2")
    assert counted(moved) == "6,6"
    assert "every manifest row is either scored" in verify.run(VerifySettings(scores=str(moved)))
    label.run(LabelSettings(scores=str(moved), out=f"{tmp_path}/l.csv"))
    with (tmp_path / "l.csv").open(encoding="utf-8-sig") as file:
        assert all(row["text"] for row in csv.DictReader(file))
    page = tmp_path / "page.html"
    report.run(ReportSettings(scores=str(moved), out=str(page), audio=False))
    assert "hello from ada" in page.read_text()
    assert "not shown" not in page.read_text()
    convert.run(ConvertSettings(str(moved), to="vtt", out=f"{tmp_path}/vtt"))
    assert "hello from kim" in (tmp_path / "vtt" / "kim.vtt").read_text()
    export.run(ExportSettings(str(moved), to="csv", out=f"{tmp_path}/csv"))
    assert "hello from bob" in (tmp_path / "csv" / "utterances.csv").read_text()
    assert "broken" in list_calls.run(CallsSettings(str(moved), to="csv"))


def test_forgetting_in_a_copy_or_in_the_original_leaves_the_other(
    out: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "backup"
    shutil.copytree(out, copy)
    before = stored_text(out)
    forget.run(ForgetSettings(str(copy), recording=["ada", "broken"]))
    assert stored_text(out) == before
    assert verify.run(VerifySettings(scores=str(copy))).startswith("4 rows in, 4 scored")
    assert counted(copy) == "4,4"
    assert make_calls(scores_output(str(copy)), EncodeResources()) == {"scored": 2}
    left = stored_text(copy)
    forget.run(ForgetSettings(str(out), recording=["bob"]))
    assert stored_text(copy) == left
    for folder in (out, copy):
        assert verify.run(VerifySettings(scores=str(folder))).startswith("4 rows in, 4 scored")
    assert "bob" in stored_text(copy)
    assert "bob" not in stored_text(out)


def test_where_the_manifest_is_gone_a_line_says_so(
    calls: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, scores = tmp_path / "far" / "m", tmp_path / "s"
    ingest.run(asked(calls, manifest))
    scored(scores, manifest)
    shutil.copytree(scores, tmp_path / "t" / "s")
    assert counted(tmp_path / "t" / "s") == "6,6"
    assert not capsys.readouterr().err
    manifest.rename(tmp_path / "gone")
    said = f"expected the manifest that was scored at {manifest}, found none; move it back"
    assert counted(scores) == "6,0"
    assert said in capsys.readouterr().err
    for make in (
        lambda: label.run(LabelSettings(scores=str(scores), out=f"{tmp_path}/l.csv")),
        lambda: report.run(ReportSettings(scores=str(scores), audio=False)),
        lambda: convert.run(ConvertSettings(str(scores), out=f"{tmp_path}/csv", to="csv")),
    ):
        make()
        assert f"{said}, or name it with --manifest" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="expected the manifest that was scored at"):
        verify.run(VerifySettings(scores=str(scores)))
    assert verify.run(VerifySettings(scores=str(scores), manifest=f"{tmp_path}/gone"))
