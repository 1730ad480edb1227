"""`daf export`: each form is read again by a program that knows it."""

import csv
import json
import re
from pathlib import Path

import duckdb
import openpyxl
import pytest

from daf_core.calls import described
from daf_core.errors import SettingsError
from daf_core.sources.transcripts import read_transcript
from daf_core.storage.call_columns import CALLS
from jobs.settings import ExportSettings
from jobs.verbs import export
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of

HOSTILE = ['=HYPERLINK("http://x")', "\x1b[31mred", "../../up", "<script>", "a\nb", "\u202etxt"]
WHO = [
    {"speaker": "Ana", "role": "agent", "channel": 0},
    {"speaker": "Ben", "role": "customer", "channel": 1},
]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores") / "s"
    rows = [
        WHO[turn % 2]
        | {"utterance_id": f"{name}-{turn}", "recording_id": name, "language": "en"}
        | {"start_s": 5.0 * turn, "end_s": 5.0 * turn + 6, "sentiment": 1.5 - turn, "words": 10}
        | {"polarity": "positive", "meta": [("note", name)]}
        for name in ["calm", *HOSTILE]
        for turn in range(3)
    ]
    scores_folder(folder, [scores_of(rows)])
    return folder


def run(scores: Path, to: str, out: Path, **options: object) -> str:
    settings = ExportSettings(str(scores), to=to, out=str(out), **options)  # type: ignore[arg-type]
    return export.run(settings)


def test_csv_holds_no_formula_and_no_control_character(scores, tmp_path):
    assert run(scores, "csv", tmp_path / "out") == (
        f"{tmp_path}/out: 21 utterances, 7 calls, 14 speakers"
    )
    for name, count in (("utterances", 21), ("calls", 7), ("speakers", 14)):
        with open(tmp_path / "out" / f"{name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count
        cells = [cell for row in rows for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith("=") or "\x1b" in cell]
    assert "'=HYPERLINK" in cells[0] + "".join(row["recording_id"] for row in rows)


def test_json_lines_hold_every_value(scores, tmp_path):
    run(scores, "jsonl", tmp_path, text=False)
    rows = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert {row["recording_id"] for row in rows} == {"calm", *HOSTILE}
    assert {row["meta"]["note"] for row in rows} == {"calm", *HOSTILE}
    assert rows[0]["silences"] == []


def test_a_workbook_has_a_sheet_for_each_table(scores, tmp_path):
    run(scores, "xlsx", tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["calls", "speakers", "utterances", "columns"]
    assert (book.active.title, book["calls"].freeze_panes) == ("calls", "A2")
    names, *rows = book["calls"].iter_rows(values_only=True)
    assert len(rows) == 7
    assert names[:12] == (
        *("recording_id", "note", "sentiment", "sentiment_low", "sentiment_high", "change"),
        *("talk_s", "silence_s", "interruptions", "contradictions", "status", "reason"),
    )
    assert {*CALLS.names} - {*names} == {"meta", "silences", "interruption_list"}
    (talk,) = [cell for cell in book["calls"][2] if names[cell.column - 1] == "talk_s"]
    assert (talk.value, talk.number_format) == (16, "0.00")
    assert isinstance(rows[0][names.index("sentiment")], float)
    kinds = {cell.data_type for row in book["calls"].iter_rows() for cell in row}
    assert "f" not in kinds  # no formula


def test_every_column_of_a_workbook_is_explained_in_it(scores, tmp_path):
    run(scores, "xlsx", tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    _, *lines = book["columns"].iter_rows(values_only=True)
    said = {table: "" for table, _, _ in lines}
    for table, columns, what in lines:
        assert what, columns
        said[table] += f" {columns}"
    said["speakers"] += said["calls"]  # of the utterances of one speaker
    for sheet in ("calls", "speakers", "utterances"):
        (names,) = book[sheet].iter_rows(max_row=1, values_only=True)
        known = f"{said[sheet]} {said['all']}"
        assert [one for one in names if not any(map(known.__contains__, _as_told(one)))] == []


def _as_told(column: str) -> set[str]:
    """How a line may name a column: by itself, or with those that are alike."""
    bare = re.sub(r"^quarter_\d$", "quarter_1", re.sub(r"_(low|high)$", "", column))
    return {column, bare, f"{bare}, with _low, _high", column.replace("highest_", "lowest_")}


def test_the_documentation_explains_columns_in_the_same_words():
    docs = Path(__file__).parents[2] / "docs"
    calls, concepts = ((docs / name).read_text() for name in ("calls.md", "concepts.md"))
    for one in (*described.CALLS, *described.SPEAKERS):
        assert f"| {one.columns} | {one.what} |\n" in calls
    for one in described.UTTERANCES:
        assert re.search(rf"\| {one.columns} \| [^|]* \| {re.escape(one.what)} \|\n", concepts)


def test_numbers_have_no_digits_that_nobody_measured(tmp_path):
    rows = [
        {"utterance_id": f"u{n}", "recording_id": "r", "sentiment": 0.1 * n}
        | {"start_s": 1.1 + 3.3 * n, "end_s": 2.2 + 3.3 * n, "audio_sentiment": 0.7}
        for n in range(9)
    ]
    scores_folder(tmp_path / "s", [scores_of(rows)])
    run(tmp_path / "s", "csv", tmp_path)
    run(tmp_path / "s", "jsonl", tmp_path)
    run(tmp_path / "s", "xlsx", tmp_path / "out.xlsx")
    assert 2.2 + 3.3 * 8 - 1.1 - 3.3 * 8 != 1.1  # which is why talk_s would have 16 digits
    (call,) = csv.DictReader((tmp_path / "calls.csv").open(newline=""))
    assert (call["talk_s"], call["silence_s"], call["longest_silence_s"]) == ("9.9", "17.6", "2.2")
    utterances = [*csv.DictReader((tmp_path / "utterances.csv").open(newline=""))]
    assert [row["sentiment"] for row in utterances[:4]] == ["0.0", "0.1", "0.2", "0.3"]
    assert {row["audio_sentiment"] for row in utterances} == {"0.7"}
    (line,) = (tmp_path / "calls.jsonl").read_text().splitlines()
    assert json.loads(line)["talk_s"] == 9.9


def test_a_database_is_asked_by_duckdb(scores, tmp_path):
    run(scores, "duckdb", tmp_path / "out.duckdb", where="recording_id = 'calm'")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as database:
        counts = [
            database.sql(f"SELECT count(*) FROM {name}").fetchall()[0]
            for name in ("utterances", "calls", "speakers")
        ]
    assert counts == [(3,), (1,), (2,)]


def test_the_form_of_amazon_is_read_as_a_transcript_of_theirs(scores, tmp_path):
    assert run(scores, "amazon", tmp_path / "out").endswith("out: 7 calls")
    found = sorted(path.name for path in (tmp_path / "out").rglob("*.json"))
    assert len(found) == 7
    assert "up.json" in found  # below the folder
    call = json.loads((tmp_path / "out" / "calm.json").read_text())
    conversation = call["ConversationCharacteristics"]
    assert conversation["TotalConversationDurationMillis"] == 16_000
    assert conversation["TalkTime"]["DetailsByParticipant"]["AGENT"]["TotalTimeMillis"] == 12_000
    assert conversation["Sentiment"]["OverallSentiment"]["CUSTOMER"] == pytest.approx(0.83)
    assert conversation["Interruptions"]["TotalCount"] == 2
    assert conversation["Interruptions"]["InterruptionsByInterrupter"]["CUSTOMER"] == [
        {"BeginOffsetMillis": 5000, "EndOffsetMillis": 6000, "DurationMillis": 1000}
    ]
    cues = read_transcript(str(tmp_path / "out" / "calm.json")).cues
    assert [(cue.speaker, cue.start_s, cue.end_s) for cue in cues] == [
        ("AGENT", 0.0, 6.0),
        ("CUSTOMER", 5.0, 11.0),
        ("AGENT", 10.0, 16.0),
    ]


def test_a_condition_that_reads_files_is_refused(scores, tmp_path):
    for to in ("csv", "amazon"):
        with pytest.raises(SettingsError):
            run(scores, to, tmp_path / "x", where="1 IN (SELECT 1 FROM read_text('/etc/passwd'))")


@pytest.mark.parametrize(
    ("to", "name", "said"),
    [
        (
            "csv",
            "calls.csv",
            "a folder for a file of each table (`to` csv), found one that ends in",
        ),
        (None, "calls.jsonl", "a folder for a file of each table (`to` csv)"),
        ("xlsx", "calls.csv", "a file that ends in .xlsx (`to` xlsx), found one that ends in .csv"),
        ("duckdb", "calls.xlsx", "a file that ends in .duckdb (`to` duckdb)"),
    ],
)
def test_a_name_that_promises_another_form_is_refused(to, name, said):
    with pytest.raises(
        SettingsError, match=re.escape(f"`out` {name}: expected the name of {said}")
    ):
        ExportSettings("scores", to=to, out=name)


@pytest.mark.parametrize(
    ("name", "form"), [("a.xlsx", "xlsx"), ("a.db", "duckdb"), ("a", "csv"), ("a.b", "csv")]
)
def test_the_form_follows_the_name(name, form):
    assert ExportSettings("scores", out=name).form == form
