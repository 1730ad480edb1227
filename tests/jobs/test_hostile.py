"""Hostile strings as ids, speakers, metadata and words: inert in every page, file and terminal.

tests/browser shows the same in a browser.
"""

import csv
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import openpyxl
import pysubs2
import pytest
import webvtt

from daf_core.adaptation.label_table import read_labels
from daf_core.report.printable import printable
from daf_core.sources.transcripts import read_transcript
from daf_core.spreadsheet import escaped, unescaped
from jobs.settings import CallsSettings, ConvertSettings, ExportSettings, QuerySettings
from jobs.verbs import calls, convert, export, query
from tests import hostile
from tests.browser.browsed import Server, ask, hostile_calls, publish, serving

EACH = pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)
TERMINAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
FORMULA = re.compile(r"\s*[=+\-@\uff1d]|[\t\r]")  # that is no number
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finished scores of a call for each string, in a folder that holds nothing else."""
    folder = tmp_path_factory.mktemp("hostile") / "scores"
    publish(folder, [hostile_calls()])
    return folder


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


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
        assert {one.data_type for one in cells} <= {"s", "n"}
        assert not any(one.hyperlink for one in cells)


@pytest.fixture(scope="module")
def book(written):
    """Sheet → name of a call → the cells of its first row."""
    read = openpyxl.load_workbook(written / "s.xlsx")
    found = {}
    for sheet in read:
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
    sql = "SELECT recording_id, speaker, k, text FROM utterances JOIN manifest USING (utterance_id)"
    sql = sql.replace("speaker, k", "utterances.speaker, utterances.k")
    sql = sql.replace("SELECT recording_id", "SELECT utterances.recording_id")
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


@pytest.fixture(scope="module")
def server(scores: Path) -> Iterator[Server]:
    with serving(scores) as running:
        while b"being read" in (page := ask(running, "/")[2]) or b"Reading the calls" in page:
            time.sleep(0.1)
        yield running


class Page(HTMLParser):
    """The tags of a page, and its words."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        links = [str(value) for name, value in attrs if name in ("href", "src", "action")]
        assert all(one.startswith(("/", "#", "?")) and one[:2] != "//" for one in links), links

    def handle_data(self, data: str) -> None:
        self.words += data


@EACH
def test_pages_find_it_and_show_it_as_words(server, text):
    words = {"words": text[:150]}
    queries = [f"/?{urlencode(one)}" for one in (words, {"meta.k": text}, {f"meta.{text}": text})]
    for path in [*queries, f"/call?{urlencode({'call': text})}"]:
        status, headers, body = ask(server, path)
        page = Page(body)
        assert status == 200
        assert printable(text) in page.words.replace("\r\n", "\n")
        assert not page.tags & {"img", "iframe", "object", "embed", "base", "style"}
        assert not [one for one in page.attributes if one.startswith("on") or one == "style"]
        assert not TERMINAL.search(body.decode())
        assert "pwned" not in headers.get("set-cookie", "")


@EACH
def test_an_utterance_of_its_name_is_labelled(server, text):
    asked = json.dumps({"call": text, "utterance": f"{text}0", "label": 1})
    assert ask(server, "/labels", "POST", asked)[0] == 200
    table = server.scores / "labels.csv"
    assert f"{text}0" in {one.utterance_id for one in read_labels(str(table)).labels}
    for row in rows_of_csv(table):
        assert not [one for one in row.values() if FORMULA.match(one)]


@pytest.mark.parametrize("where", ["call", "utterance"])
def test_a_lone_surrogate_names_nothing(server, where):
    asked = {"call": hostile.STRINGS["sql"], "utterance": "x", "label": 1} | {where: "\ud800"}
    assert ask(server, "/labels", "POST", json.dumps(asked))[0] == 400
    assert ask(server, "/call?call=%ED%A0%80")[0] == 404
    assert ask(server, "/?words=%ED%A0%80")[0] == 200


@EACH
def test_a_cell_is_read_again_as_it_was(text):
    for one in (text, f"'{text}", f"''{text}"):
        assert unescaped(escaped(one)) == one
