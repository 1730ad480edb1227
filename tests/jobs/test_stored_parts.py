"""Parts of finished outputs that are missing, swapped, no files or damaged: one line says it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daf_core.errors import SettingsError
from daf_core.storage.output import scores_output
from jobs.settings import (
    CompactSettings,
    ConvertSettings,
    ExportSettings,
    LabelSettings,
    QuerySettings,
    ReportSettings,
)
from jobs.verbs import compact, convert, export, ingest, label, query, report
from tests.jobs.scored_calls import add_call, asked, scored

PART = "part-00001.parquet"
Change = Callable[[Path], None]
READERS: dict[str, Callable[[str, str], object]] = {
    "export": lambda scores, out: export.run(ExportSettings(scores, to="csv", out=out)),
    "query": lambda scores, _: query.run(QuerySettings(scores, "SELECT * FROM utterances")),
    "convert": lambda scores, out: convert.run(ConvertSettings(scores, to="vtt", out=out)),
    "label": lambda scores, out: label.run(LabelSettings(scores, out=f"{out}.csv", rows=2)),
    "compact": lambda scores, out: compact.run(CompactSettings(scores, out=out)),
    "report": lambda scores, out: report.run(ReportSettings(scores, out=f"{out}.html")),
}
EVERY_VERB = pytest.mark.parametrize("verb", READERS)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of six calls in three parts."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "calls").mkdir()
    for name in "abcdef":
        add_call(folder / "calls", name)
    ingest.run(asked(folder / "calls", folder / "scores/manifest"))
    scored(folder / "scores")
    assert len(scores_output(str(folder / "scores")).part_names()) >= 2
    return folder / "scores"


@pytest.fixture
def scores(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "scores"))


def rewritten(path: Path, column: str, value: object) -> None:
    """The part with one value in all rows of a column."""
    table = pq.read_table(path)
    field = table.schema.field(column)
    rows = pa.array([value] * len(table), field.type)
    made = table.set_column(table.column_names.index(column), column, rows)
    os.remove(path)
    pq.write_table(made.replace_schema_metadata(table.schema.metadata), path)


@EVERY_VERB
def test_a_missing_part_of_scores_is_said(verb: str, scores: Path, tmp_path: Path) -> None:
    parts = len([*(scores / "scores").iterdir()])
    os.remove(scores / "scores" / PART)
    with pytest.raises(
        SettingsError, match=f"expected {parts} parts, found .*part-00001 is missing"
    ):
        READERS[verb](str(scores), str(tmp_path / "out"))


@EVERY_VERB
def test_all_parts_missing_are_said(verb: str, scores: Path, tmp_path: Path) -> None:
    for one in (scores / "scores").iterdir():
        os.remove(one)
    with pytest.raises(SettingsError, match=r"found 0: part-00000, .* missing; run `daf score`"):
        READERS[verb](str(scores), str(tmp_path / "out"))


@pytest.mark.parametrize("verb", ["export", "query", "convert", "label", "report"])
def test_a_missing_part_of_the_manifest_is_said(verb: str, scores: Path, tmp_path: Path) -> None:
    os.remove(scores / "manifest/manifest" / PART)
    with pytest.raises(SettingsError, match=r"manifest: expected .* part-00001 is missing"):
        READERS[verb](str(scores), str(tmp_path / "out"))


@EVERY_VERB
def test_swapped_parts_are_said(verb: str, scores: Path, tmp_path: Path) -> None:
    first, second = (scores / "scores" / name for name in ("part-00000.parquet", PART))
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)
    with pytest.raises(SettingsError, match="renamed or swapped"):
        READERS[verb](str(scores), str(tmp_path / "out"))


def test_parts_of_calls_that_are_gone_or_too_many_are_made_as_they_were(scores: Path) -> None:
    sql = "SELECT (SELECT count(*) FROM calls) AS c, (SELECT count(*) FROM speakers) AS s"
    before = query.run(QuerySettings(str(scores), sql, to="jsonl"))
    os.remove(scores / "speakers" / PART)
    shutil.copy(scores / "calls" / PART, scores / "calls/part-00099.parquet")
    assert query.run(QuerySettings(str(scores), sql, to="jsonl")) == before
    assert not (scores / "calls/part-00099.parquet").exists()


def _device(path: Path) -> None:
    os.symlink("/dev/zero", path)


@pytest.mark.parametrize("make", [_device, os.mkfifo, os.mkdir], ids=["device", "pipe", "folder"])
@pytest.mark.parametrize("table", ["speakers", "scores", "manifest/manifest"])
def test_what_is_no_file_ends_a_command_in_a_line(
    make: Change, table: str, scores: Path, tmp_path: Path
) -> None:
    os.remove(scores / table / PART)
    make(scores / table / PART)
    said = exported(scores, tmp_path)
    assert "expected a " in said
    assert said.endswith(("found a device or a pipe\n", "found a folder\n"))


@pytest.mark.parametrize("table", ["speakers", "scores", "manifest/manifest"])
def test_a_damaged_column_ends_a_command_in_a_line(
    table: str, scores: Path, tmp_path: Path
) -> None:
    part = scores / table / PART
    data = bytearray(part.read_bytes())
    data[4:300] = b"\xff" * 296
    part.write_bytes(data)
    assert "found a damaged file" in exported(scores, tmp_path)


def exported(scores: Path, folder: Path) -> str:
    """What `daf export` says, in a process of its own: an error in DuckDB's threads hung it."""
    code = "from jobs.command.console import command; command()"
    asked_for = ["export", str(scores), "--to", "csv", "--out", str(folder / "out")]
    found = subprocess.run(
        [sys.executable, "-c", code, *asked_for], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1, found.stderr
    return found.stderr


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("start_s", float("nan"), "start_s: expected finite"),
        ("end_s", float("inf"), "end_s: expected finite"),
        ("weight_reasons", ["few_words", None], "weight_reasons: expected lists without nulls"),
        ("words", 2**31 - 1, "words: expected 0 to"),
        ("polarity", None, "polarity: expected a value in every row"),
    ],
)
def test_values_that_no_run_writes_are_said(
    column: str, value: object, said: str, scores: Path, tmp_path: Path
) -> None:
    rewritten(scores / "scores" / PART, column, value)
    for verb in ("report", "convert"):
        with pytest.raises(SettingsError, match=said):
            READERS[verb](str(scores), str(tmp_path / "out"))


def test_more_rows_than_the_footer_says_are_not_read(scores: Path, tmp_path: Path) -> None:
    part = scores / "scores" / PART
    table = pq.read_table(part)
    os.remove(part)
    pq.write_table(table.take(np.zeros(50_000, int)), part)
    for verb in ("report", "convert", "query"):
        with pytest.raises(SettingsError, match="as the footer says, found 50,000"):
            READERS[verb](str(scores), str(tmp_path / "out"))


@pytest.mark.parametrize("to", ["jsonl", "csv", "table"])
def test_columns_of_equal_names_are_all_shown(to: str, scores: Path) -> None:
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a"
    said = query.run(QuerySettings(str(scores), sql, to=to))  # type: ignore[arg-type]
    if to == "jsonl":
        assert json.loads(said) == {"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}
    else:
        head, *_, row = said.replace(",", " ").splitlines()
        assert (head.split(), row.split()) == (["a", "a_2", "a_1", "a_3"], [*"1234"])


def test_columns_of_equal_names_are_written_to_a_file(scores: Path, tmp_path: Path) -> None:
    sql = "SELECT u.sentiment, c.sentiment FROM utterances u JOIN calls c USING (recording_id)"
    query.run(QuerySettings(str(scores), sql, out=str(tmp_path / "x.parquet")))
    assert pq.read_table(tmp_path / "x.parquet").column_names == ["sentiment", "sentiment_1"]
