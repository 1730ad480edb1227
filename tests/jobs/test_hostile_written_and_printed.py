"""Hostile strings in calls: inert in every file that is written of them, and on the terminal."""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pysubs2
import pytest
import webvtt

from daf_core.report.printable import printable
from daf_core.sources.transcripts import read_transcript
from daf_core.spreadsheet import escaped, unescaped
from jobs.settings import CallsSettings, ConvertSettings, ExportSettings, QuerySettings
from jobs.verbs import calls, convert, export, query
from tests import hostile
from tests.jobs.hostile_scores import EACH, FORMULA, TERMINAL, hostile_scores, rows_of_csv

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_scores(tmp_path_factory)


@pytest.fixture(scope="module")
def written(scores: Path) -> Path:
    """All forms of `daf export`, and scores as `daf convert` writes them, beside the scores."""
    out = scores.parent / "out"
    out.mkdir()
    for to in ("csv", "jsonl", "amazon"):
        export.run(ExportSettings(str(scores), to=to, out=str(out / to)))  # type: ignore[arg-type]
    for to in ("xlsx", "duckdb"):
        export.run(ExportSettings(str(scores), to=to, out=str(out / f"s.{to}")))  # type: ignore[arg-type]
    for to in ("vtt", "srt", "csv", "jsonl"):
        folder = str(out / f"convert-{to}")
        convert.run(ConvertSettings(source=str(scores), to=to, out=folder))  # type: ignore[arg-type]
    return out


def row_of(rows: list[dict[str, object]], text: str) -> dict[str, object]:
    """The first row of the call of that name."""
    return next(row for row in rows if row["recording_id"] == text)


@EACH
@pytest.mark.parametrize("table", ["utterances", "calls", "speakers"])
def test_no_cell_of_csv_is_a_formula_or_a_command(written, table, text):
    row = row_of(rows_of_csv(written / "csv" / f"{table}.csv"), escaped(printable(text)))
    assert row["k"] == escaped(printable(text))
    assert not [one for one in row.values() if TERMINAL.search(one)]
    for cell in row.values():
        assert not FORMULA.match(cell) or re.fullmatch(r"-?[\d.e-]+", cell)


@EACH
def test_a_workbook_holds_words_and_no_formula(written, text, book):
    for table in ("utterances", "calls", "speakers"):
        cells = book[table][printable(text).replace("\r", "\n")]
        assert {one.data_type for one in cells} <= {"s", "n", "b"}
        assert not any(one.hyperlink for one in cells)


@pytest.fixture(scope="module")
def book(written):
    """Sheet → name of a call → the cells of its first row."""
    read = openpyxl.load_workbook(written / "s.xlsx")
    found = {}
    for sheet in (read[name] for name in ("calls", "speakers", "utterances")):
        names, *rows = sheet.iter_rows()
        number = [one.value for one in names].index("recording_id")
        found[sheet.title] = {str(row[number].value): row for row in reversed(rows)}
    return found


@EACH
def test_json_lines_hold_the_value_and_no_command(written, text):
    for table in ("utterances", "calls", "speakers"):
        lines = (written / "jsonl" / f"{table}.jsonl").read_bytes().decode().split("\n")
        rows = [json.loads(line) for line in lines if line]
        assert row_of(rows, text)["meta"] == {"k": text, text: text}
        assert not [line for line in lines if TERMINAL.search(line)]


@EACH
def test_a_database_holds_the_value_and_nothing_was_run(written, text):
    with duckdb.connect(str(written / "s.duckdb"), read_only=True) as database:
        names = {one for (one,) in database.sql("SHOW TABLES").fetchall()}
        sql = "SELECT speaker, k, text FROM utterances WHERE recording_id = ?"
        found = database.execute(sql, [text]).fetchall()
    assert names == {"utterances", "calls", "speakers"}
    assert {one[:2] for one in found} == {(text, text)}
    assert text in {one[2] for one in found}


@EACH
def test_files_for_calls_stay_in_their_folder_and_are_read_again(written, text):
    """Amazon's JSON, WebVTT, SubRip: of each call one file, wherever its name wants to lead."""
    folders = ("amazon", "convert-vtt", "convert-srt", "convert-csv", "convert-jsonl")
    for folder in folders:
        files = [one for one in (written / folder).rglob("*.*") if one.is_file()]
        assert len(files) == len(hostile.STRINGS)
    for path in (written / "amazon").rglob("*.json"):
        if (call := json.loads(path.read_text()))["JobName"] == text:
            break
    assert text in call["Transcript"][0]["Content"]
    assert call["CustomMetadata"]["k"] == text
    assert not TERMINAL.search(path.read_text())
    path = path.relative_to(written / "amazon").with_suffix("")
    cues = [
        read_transcript(str(written / f"convert-{to}" / f"{path}.{to}")).cues
        for to in ("vtt", "srt", "csv", "jsonl")
    ]
    assert [len(own) for own in cues] == [2, 2, 2, 2]
    assert {cue.text for cue in cues[3]} == {cue.text for cue in cues[2]}
    assert len(webvtt.read(str(written / "convert-vtt" / f"{path}.vtt"))) == 2
    srt = (written / "convert-srt" / f"{path}.srt").read_text()
    assert len(pysubs2.SSAFile.from_string(srt, "srt")) == 2
    for row in rows_of_csv(written / "convert-csv" / f"{path}.csv"):
        assert not FORMULA.match(row["text"] + row["speaker"])


def test_nothing_was_written_or_run_elsewhere(written):
    assert {one.name for one in written.parent.iterdir()} == {"scores", "out"}
    assert not Path("/tmp/pwned").exists()


@pytest.mark.parametrize("to", ["table", "csv", "jsonl"])
@EACH
def test_no_command_reaches_the_terminal(listed, to, text):
    for printed in listed[to]:
        assert not TERMINAL.search(printed)
    name = " ".join(printable(text).split())[:50]
    shown = {"table": name, "csv": printable(text)[:50].replace('"', '""'), "jsonl": None}[to]
    assert all((json.dumps(text) if shown is None else shown) in one for one in listed[to])


@pytest.fixture(scope="module")
def listed(scores):
    """Form → what `daf calls` and `daf query` print."""
    sql = "SELECT recording_id, speaker, k, text FROM utterances"
    return {
        to: [
            calls.run(CallsSettings(str(scores), to=to, top=1000)),
            query.run(QuerySettings(str(scores), sql, to=to)),
        ]
        for to in ("table", "csv", "jsonl")
    }


@pytest.mark.parametrize(
    "sql",
    ["SELECT recording_id::INT FROM calls", "SELECT error(recording_id) FROM calls", "SELECT \x1b"],
)
def test_no_command_reaches_the_terminal_with_an_error(scores, sql):
    program = [sys.executable, "-c", "from jobs.cli import main\nmain()", "query", str(scores), sql]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("daf: ")
    assert not TERMINAL.search(ended.stdout + ended.stderr)


@EACH
def test_a_cell_is_read_again_as_it_was(text):
    for one in (text, f"'{text}", f"''{text}"):
        assert unescaped(escaped(one)) == one
