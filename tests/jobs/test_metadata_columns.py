"""What the source says of calls, as columns of `daf calls`, `daf query` and `daf export`."""

import json
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest

from daf_core.errors import SettingsError
from daf_core.query.days import formats
from jobs.settings import CallsSettings, ExportSettings, QuerySettings
from jobs.verbs import calls, export, query
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of
from tests.jobs.calls_of_agents import listed

BIG = "9" * 16
SAID = [
    {"Agent name": "Ben", "csat": "4", "date": "2026-11-04", "code": "007", "score": "9.5"},
    {"Agent name": "Ana", "csat": " ", "date": "2026-11-05", "code": "12", "score": "-10"},
    {"Agent name": "Chloé", "date": "2026-02-28", "code": "13", "odd": "2026-02-31", "score": "0"},
    {"Agent name": "Ben", "csat": "1", "at": "2026-11-04 09:30", "phone": "+49170", "big": BIG},
    {"Agent name": "Ben", "at": "2026-11-05T10:00:30", "mixed": "2", "day": "8.11.2026"},
    {"Agent name": "Ben", "at": "06.11.2026", "mixed": "n/a", "no": "31.4.2026"},
]  # fmt: skip
TYPES = {
    "Agent name": "VARCHAR",
    "csat": "BIGINT",
    "date": "DATE",
    "code": "VARCHAR",
    "score": "DOUBLE",
    "odd": "VARCHAR",
    "at": "TIMESTAMP",
    "phone": "VARCHAR",
    "big": "VARCHAR",
    "mixed": "VARCHAR",
    "day": "DATE",
    "no": "VARCHAR",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores") / "s"
    rows = [
        {"utterance_id": f"c{number}", "recording_id": f"c{number}", "sentiment": float(number - 2)}
        | {"text_sentiment": 1.0, "audio_sentiment": [1.5, -0.5, None][number % 3]}
        | {"start_s": 0.0, "end_s": 2.0, "meta": [*said.items()]}
        for number, said in enumerate(SAID)
    ]
    scores_folder(folder, [scores_of(rows[:3]), scores_of(rows[3:])])
    return folder


def asked(scores: Path, sql: str) -> list[dict[str, object]]:
    text = query.run(QuerySettings(str(scores), sql, to="jsonl"))
    return [json.loads(line) for line in text.splitlines()]


def test_a_column_is_a_number_or_a_date_where_every_value_reads_as_one(scores: Path) -> None:
    for view in ("calls", "utterances"):
        described = asked(scores, f"DESCRIBE {view}")
        found = {str(row["column_name"]): row["column_type"] for row in described}
        assert {name: found[name] for name in TYPES} == TYPES
    assert [row["call"] for row in listed(scores, where="csat < 2")] == ["c3"]
    assert [row["call"] for row in listed(scores, where="date > '2026-11-04'")] == ["c1"]
    assert asked(scores, "SELECT avg(csat) AS mean, sum(csat) AS sum FROM utterances") == [
        {"mean": 2.5, "sum": 5}
    ]
    ordered = listed(scores, sort="score")
    assert [row["score"] for row in ordered[:3]] == [-10.0, 0.0, 9.5]
    groups = {row["score"] for row in listed(scores, by="score", least=2)}
    assert groups == {"-10", "0", "9.5", None}  # as the source writes them


def test_days_with_dots_are_dates_beside_others(scores: Path) -> None:
    assert [row["call"] for row in listed(scores, where="day = '2026-11-08'")] == ["c4"]
    assert [row["call"] for row in listed(scores, where="\"at\" >= '2026-11-06'")] == ["c5"]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("mixed < 3", 'numbers in the column "mixed", found text.* is no number: "n/a"'),
        ("mixed + 1 > 3", 'numbers in the column "mixed", found text.* is no number: "n/a"'),
        ("mixed BETWEEN 1 AND 3", "TRY_CAST"),
        ("code = '007' and abs(mixed) > 3", 'column "mixed"'),
        ("\"Agent name\" = 'Ben' and 3.5 > mixed", 'column "mixed"'),
        ("mixed = 3", 'is no number: "n/a"'),
        ('"phone" > 3', 'TRY_CAST."phone" AS DOUBLE'),
        ("odd > DATE '2026-01-01'", 'dates in the column "odd", found text.* "2026-02-31"'),
    ],
)
def test_a_text_that_is_taken_for_numbers_is_told_by_its_value(where, said, scores) -> None:
    with pytest.raises(SettingsError, match=said) as told:
        listed(scores, where=where)
    assert "Binder" not in str(told.value)
    assert [one["call"] for one in listed(scores, where="TRY_CAST(mixed AS DOUBLE) < 3")] == ["c4"]


CALL_DATES = ["02/03/2026", "4/3/2026", "05/03/2026 09:30", "", "unknown", "09/02/2026"]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of calls with days that may be read in two ways, by names that SQL has too."""
    folder = tmp_path_factory.mktemp("dated") / "s"
    rows = [
        {"utterance_id": f"c{number}", "recording_id": f"c{number}", "sentiment": 0.0}
        | {"start_s": 0.0, "end_s": 2.0}
        | {"meta": [("Call Date", day), ("date", day), ("at", "28.2.26"), ("code", "1/2")]}
        for number, day in enumerate(CALL_DATES)
    ]
    scores_folder(folder, [scores_of(rows)])
    return folder


IN_ITS_PLACE = (
    r"expected dates in the column \"Call Date\", found text such as \"4/3/2026\", which is "
    r"compared letter by letter; write try_strptime\(\"Call Date\", '%d/%m/%Y'\) "
    r"\('%m/%d/%Y' where months come first\) in its place, or write such days as 2026-03-02"
)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM calls WHERE \"Call Date\" >= '2026-03-05'",
        "SELECT 1 FROM calls c WHERE '2026-03-05'<c.\"Call Date\"",
        "SELECT 1 FROM utterances WHERE \"call date\" BETWEEN '2026-03-01' AND '2026-03-05'",
        "SELECT 1 FROM utterances WHERE \"Call Date\" NOT BETWEEN '2026' AND '2027'",
        "SELECT date_trunc('week', \"Call Date\") AS week, count(*) FROM calls GROUP BY week",
        'SELECT year("Call Date") FROM calls',
        'SELECT extract(month FROM "Call Date") FROM calls',
        "SELECT strftime(\"Call Date\", '%Y') FROM calls",
        "SELECT CAST(\"Call Date\" AS DATE) FROM calls WHERE recording_id = 'c5'",
        'SELECT 1 FROM calls WHERE "Call Date" > current_date',
    ],
)
def test_days_that_are_text_are_not_taken_for_dates(sql: str, dated: Path) -> None:
    with pytest.raises(SettingsError, match=IN_ITS_PLACE) as told:
        asked(dated, sql)
    assert "Candidate" not in str(told.value)
    assert "\n" not in str(told.value)


def test_the_format_is_told_that_the_days_have(dated: Path) -> None:
    with pytest.raises(SettingsError, match=r"try_strptime\(\"at\", '%d\.%m\.%y'\) in its place"):
        listed(dated, where="\"at\" < '2026-03-01'")
    for day, said in {
        "02/13/26": ("%m/%d/%y",),
        "13-2-2026T10:00": ("%d-%m-%YT%H:%M",),
        "1/2/2026, 10:30:05 PM": ("%d/%m/%Y, %I:%M:%S %p", "%m/%d/%Y, %I:%M:%S %p"),
        "28.2.2026 10:30:05.125": ("%d.%m.%Y %H:%M:%S.%g",),
    }.items():
        assert formats(day) == said
        (read,) = duckdb.sql(f"SELECT try_strptime('{day}', '{said[0]}')").fetchall()
        assert read != (None,)


@pytest.mark.parametrize(
    "condition",
    [
        "try_strptime(\"Call Date\", '%d/%m/%Y') >= '2026-03-03'",
        "try_strptime(\"date\", '%d/%m/%Y') >= DATE '2026-03-03'",
        "DATE '2026-03-03' <= try_strptime(date, '%d/%m/%Y')::date",
        "\"Call Date\" = '4/3/2026'",
        "\"Call Date\" <> '02/03/2026' AND date LIKE '4/%'",
        "date IN ('4/3/2026') AND code >= '1'",
        "sentiment >= 0 AND date = '4/3/2026'",
    ],
)
def test_days_that_are_read_as_dates_or_compared_as_text_are_taken(condition, dated) -> None:
    assert [one["call"] for one in listed(dated, where=condition)] == ["c1"]


def test_of_a_column_in_which_few_texts_are_days_nothing_is_known(tmp_path: Path) -> None:
    rows = [
        {"utterance_id": f"c{number}", "recording_id": f"c{number}", "sentiment": 0.0}
        | {"start_s": 0.0, "end_s": 2.0, "meta": [("name", name)]}
        for number, name in enumerate(["1/2/2026", "a", "b"])
    ]
    scores_folder(tmp_path / "s", [scores_of(rows)])
    assert len(listed(tmp_path / "s", where="name < 'b'")) == 2
    with pytest.raises(SettingsError, match=r'dates in the column "name".*: "1/2/2026"'):
        asked(tmp_path / "s", "SELECT date_trunc('week', name) FROM calls")


def test_columns_stand_in_the_order_of_the_source(scores: Path) -> None:
    head = calls.run(CallsSettings(str(scores))).partition("\n")[0].split()
    assert head[:4] == ["call", "Agent", "name", "csat"]
    first = [*SAID[0]]
    assert [name for name in listed(scores)[0] if name in first] == first


def test_a_spreadsheet_has_numbers_and_dates_but_where_they_are_redacted(scores, tmp_path):
    for redact in (False, True):
        out = str(tmp_path / f"{redact}.xlsx")
        export.run(ExportSettings(str(scores), out=out, redact=redact))
        names, first, *_ = openpyxl.load_workbook(out)["calls"].iter_rows(values_only=True)
        row = dict(zip(names, first, strict=True))
        assert row["csat"] == ("4" if redact else 4)
        assert row["date"] == datetime(2026, 11, 4)
        assert row["code"] == "007"


def test_names_match_in_any_case_and_the_nearest_is_named(scores: Path) -> None:
    for name in ("agent name", "Agent name", '"AGENT NAME"'):
        assert {row["Agent name"] for row in listed(scores, by=name)} == {"Ben", "Ana", "Chloé"}
    assert [row["Agent name"] for row in listed(scores, sort="agent NAME", top=2)] == ["Ana", "Ben"]
    with pytest.raises(SettingsError, match=r"`by` agent: .*; did you mean `Agent name`\?"):
        listed(scores, by="agent")
    with pytest.raises(SettingsError, match=r'did you mean "Agent name"\?'):
        listed(scores, where="agent = 'Ben'")
    for sql in ("SELECT Agent name FROM calls", "SELECT 1 FROM calls WHERE Agent name = 'Ben'"):
        with pytest.raises(SettingsError, match='stands in double quotes, such as "Agent name" ='):
            asked(scores, sql)


def test_a_condition_that_fits_no_call_is_answered_with_the_values(scores, tmp_path, capsys):
    where = "\"agent name\" = 'Bne' and csat > 5 -- code"
    said = "no call fits the condition; Agent name is 'Ben', 'Ana' or 'Chloé'; csat is 1 to 4"
    text = calls.run(CallsSettings(str(scores), where=where))
    assert text.startswith(said)
    assert calls.run(CallsSettings(str(scores), where=where, to="csv")) == ""
    assert said in capsys.readouterr().err
    with pytest.raises(SettingsError, match="found none; no call fits the condition"):
        listed(scores, where=where, by="csat")
    out = str(tmp_path / "out")
    assert said in export.run(ExportSettings(str(scores), out=out, where=where))


def test_lists_say_how_far_they_can_be_trusted(scores: Path) -> None:
    text = calls.run(CallsSettings(str(scores), sort="contradictory"))
    assert "2 of 6 calls have contradictions; of 2 it is not known." in text
    assert [line.split()[0] for line in text.splitlines()[2:4]] == ["c1", "c4"]
    assert "c0" not in text
    assert len(listed(scores, sort="contradictory")) == 6  # programs have all


def test_utterances_say_where_the_tone_contradicts_the_words(scores: Path) -> None:
    found = asked(scores, "SELECT contradiction AS c, text FROM utterances ORDER BY utterance_id")
    assert [row["c"] for row in found] == [False, True, None] * 2
    assert {row["text"] for row in found} == {None}  # the manifest is gone
