"""`daf calls` and `daf query`: over scores in several parts, made again where they changed."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from daf_core.browse.listed import gathered, read_listed
from daf_core.errors import SettingsError
from daf_core.storage.output import calls_output
from jobs.parts.calls import make_calls
from jobs.settings import CallsSettings, EncodeResources, QuerySettings
from jobs.verbs import calls, query
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import quarantine_of, scores_of

AGENTS = ("ana", "ben")


def rows_of(recordings: range) -> list[dict[str, object]]:
    """Two utterances a call, the second 1 higher; calls of Ana are lower than those of Ben."""
    return [
        {"utterance_id": f"c{number:02}-{turn}", "recording_id": f"c{number:02}", "channel": turn}
        | {"start_s": 10.0 * turn, "end_s": 10.0 * turn + 8, "words": 20}
        | {"sentiment": number / 20 + turn - 2 * (number % 2)}
        | {"meta": [("agent", AGENTS[1 - number % 2]), ("Odd name'\"", "=1+1")]}
        for number in recordings
        for turn in (0, 1)
    ]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores") / "s"
    tables = [scores_of(rows_of(range(start, start + 15))) for start in (0, 15)]
    scores_folder(folder, tables, {1: quarantine_of([("\x1b[31mred", "no_speech")])})
    return folder


def listed(scores: Path, **options: object) -> list[dict[str, object]]:
    text = calls.run(CallsSettings(str(scores), to="jsonl", **options))  # type: ignore[arg-type]
    return [json.loads(line) for line in text.splitlines()]


def test_the_lowest_calls_come_first_and_conditions_hold(scores: Path) -> None:
    assert [row["call"] for row in listed(scores, top=3)] == ["c01", "c03", "c05"]
    where = "agent = 'ben' and sentiment > 1 -- a remark"
    assert [row["call"] for row in listed(scores, where=where, sort="sentiment desc", top=2)] == [
        "c28",
        "c26",
    ]
    assert {row["status"] for row in listed(scores, top=99)} == {"scored", "silent"}
    text = calls.run(CallsSettings(str(scores), top=99))
    assert "31 of 31 calls, lowest first" in text
    assert "\x1b" not in text


def test_groups_are_compared_where_they_are_large_enough(scores: Path) -> None:
    ana, ben = listed(scores, by="agent")
    assert (ana["agent"], ana["calls"], ana["differs"]) == ("ana", 15, "yes")
    assert ana["difference"] == pytest.approx(-2, abs=0.1)
    assert ben["sentiment"] > 1 > 0 > ana["sentiment"]  # type: ignore[operator]
    assert {row["differs"] for row in listed(scores, by="agent", least=16)} == {"too few calls"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "queue"}, "`by` queue: expected a column of the calls; the calls are known by "),
        ({"by": "role"}, "Odd name"),
        ({"sort": "negative"}, "`sort` negative: expected one of lowest, falling, contradictory,"),
    ],
)
def test_a_column_that_the_calls_lack_is_told_with_those_they_have(scores, options, said) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        listed(scores, **options)


def asked(scores: Path, sql: str, to: str = "jsonl") -> str:
    return query.run(QuerySettings(str(scores), sql, to=to))  # type: ignore[arg-type]


def test_all_tables_can_be_asked(scores: Path) -> None:
    for view, count in (("utterances", 60), ("calls", 31), ("speakers", 60), ("quarantine", 1)):
        assert json.loads(asked(scores, f"SELECT count(*) AS n FROM {view}"))["n"] == count
    assert json.loads(asked(scores, "SELECT count(*) AS n FROM manifest"))["n"] == 0  # it is gone
    joined = (
        "SELECT u.agent, avg(u.sentiment) AS mean FROM utterances u JOIN calls USING (recording_id)"
        " GROUP BY 1 ORDER BY 1"
    )
    assert [json.loads(line)["agent"] for line in asked(scores, joined).splitlines()] == [*AGENTS]


def test_a_spreadsheet_takes_no_cell_for_a_formula(scores: Path) -> None:
    text = asked(scores, "SELECT * EXCLUDE meta FROM utterances LIMIT 1", "csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["Odd name'\""] == "'=1+1"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY calls TO '/tmp/daf-stolen.csv'",
        "EXPORT DATABASE '/tmp/daf-stolen'",
        "ATTACH '/tmp/daf-stolen.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW calls",
        "PRAGMA version",
        "SELECT 1; COPY calls TO '/tmp/daf-stolen.csv'",
        "SELECT * FROM query('COPY calls TO ''/tmp/daf-stolen.csv''')",
        "SELECT getenv('HOME')",
        "SELECT * FROM asked",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_duckdb('/tmp/x.duckdb')",
        "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
        "'SELECT * FROM read_text(''/etc/passwd'')'))",
        "SELECT * FROM query_table('/etc/passwd')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM enable_logging(storage='file', storage_path='/tmp/daf-stolen')",
        "SELECT * FROM enable_profiling(save_location='/tmp/daf-stolen')",
        "SELECT * FROM import_database('/tmp')",
        "SELECT * FROM copy_database('memory', 'other')",
        "SELECT * FROM register_external_resource('a', 'b', 'c')",
        "SELECT * FROM st_read('/etc/passwd')",
        "SELECT * FROM arrow_scan(1, 2, 3)",
        "SELECT * FROM python_map_function(1)",
        "IMPORT DATABASE '/tmp'",
        "CREATE SECRET s (TYPE s3)",
        "CREATE MACRO m() AS 1",
        "CREATE TEMP TABLE t AS SELECT 1",
        "INSERT INTO calls SELECT * FROM calls",
        "DELETE FROM calls",
        "UPDATE calls SET status = 'x'",
        "TRUNCATE calls",
        "DETACH memory",
        "USE system",
        "CALL pragma_version()",
        "FORCE INSTALL httpfs",
        "UPDATE EXTENSIONS",
        "RESET enable_external_access",
        "SET VARIABLE x = 1",
        "SET GLOBAL lock_configuration = false",
        "PRAGMA enable_profiling",
        "PRAGMA memory_limit='99GB'",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "CHECKPOINT",
        "VACUUM",
        "SELECT 1; SELECT 2",
        "SELECT 1; SET threads = 1",
        "SELECT 1 /*; */; DROP VIEW calls",
        "SELECT '\ud800'",
        "",
        "SELEC 1",
    ],
)
def test_a_query_reads_nothing_else_and_writes_nothing(scores: Path, sql: str) -> None:
    with pytest.raises(SettingsError):
        asked(scores, sql)
    with pytest.raises(SettingsError):
        listed(scores, where=f"sentiment IN ({sql.removesuffix(';')})" if sql else "(")
    assert not [*Path("/tmp").glob("daf-stolen*")]


def written(scores: Path, out: Path, sql: str = "SELECT * FROM calls") -> str:
    return query.run(QuerySettings(str(scores), sql, out=str(out)))


def test_few_rows_are_printed_and_all_are_written(scores, tmp_path, capsys):
    sql = "SELECT recording_id FROM calls ORDER BY 1"
    text = query.run(QuerySettings(str(scores), sql, rows=3))
    assert text.splitlines()[-3:] == ["c00", "c01", MORE.format(3)]
    assert "the first" not in query.run(QuerySettings(str(scores), sql, rows=31))
    text = query.run(QuerySettings(str(scores), sql, rows=2, to="csv"))
    assert text.splitlines()[2:] == ["c00"]
    assert capsys.readouterr().err == f"daf: {MORE.format(2)}\n"
    for form, read in READ.items():
        out = tmp_path / f"rows.{form}"
        assert written(scores, out, sql) == f"{out}: 31 rows"
        assert len(read(out)) == 31
        assert written(scores, out, f"SELECT * FROM ({sql}) WHERE false") == f"{out}: 0 rows"
        assert len(read(out)) == 0
    with pytest.raises(SettingsError, match=r"expected a name that ends in \.csv, \.jsonl"):
        written(scores, tmp_path / "rows.txt")
    assert asked(scores, "SELECT 1 AS one WHERE false", "csv") == "one"


MORE = "the first {} rows; --rows shows more, --out writes all of them to a file"
READ: dict[str, Callable[[Path], Sequence[object]]] = {
    "csv": lambda path: [*csv.DictReader(io.StringIO(path.read_text()))],
    "jsonl": lambda path: path.read_text().splitlines(),
    "xlsx": lambda path: [*openpyxl.load_workbook(path)["rows"].iter_rows()][1:],
    "parquet": lambda path: pq.read_table(path).to_pylist(),
}


@pytest.mark.parametrize(
    ("sql", "options", "said"),
    [
        (
            "SELECT sum(sqrt(a.range + b.range)) FROM range(1000000000) a, range(1000000) b",
            {"seconds": 0.5},
            "it takes longer than 0.5 s",
        ),
        (
            "SELECT list(range) FROM range(1000000000)",
            {"memory_gb": 0.1},
            r"it takes more memory than 0\.1 GB",
        ),
    ],
)
def test_a_query_that_takes_too_much_is_given_up(scores, tmp_path, sql, options, said):
    before = time.monotonic()
    for out in (None, str(tmp_path / "rows.csv")):
        with pytest.raises(SettingsError, match=said):
            query.run(QuerySettings(str(scores), sql, out=out, **options))
    assert time.monotonic() - before < 20
    assert not [*tmp_path.iterdir()]


def test_only_parts_with_other_rows_are_made_again(tmp_path: Path) -> None:
    tables = [scores_of(rows_of(range(start, start + 2))) for start in (0, 2)]
    output = scores_folder(tmp_path, tables)
    assert make_calls(output, EncodeResources()) == {"scored": 4}
    folder = Path(calls_output(output.root).parts_uri)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    os.remove(folder / "part-00001.parquet")
    assert make_calls(output, EncodeResources()) == {"scored": 4}
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert before.keys() == after.keys()
    assert before["part-00000.parquet"] == after["part-00000.parquet"]

    scores_folder(tmp_path, [tables[0], scores_of(rows_of(range(2, 5)))])
    assert make_calls(output, EncodeResources()) == {"scored": 5}
    scores_folder(tmp_path, tables[:1])
    os.remove(tmp_path / "scores" / "part-00001.parquet")
    os.remove(tmp_path / "quarantine" / "part-00001.parquet")
    assert make_calls(output, EncodeResources()) == {"scored": 2}
    assert [path.name for path in folder.iterdir()] == ["part-00000.parquet"]


def test_the_list_of_browse_is_made_with_the_tables_and_is_theirs(tmp_path):
    output = calls_output(scores_folder(tmp_path, [scores_of(rows_of(range(2)))]).root)
    for count in (2, 3):
        scores = scores_folder(tmp_path, [scores_of(rows_of(range(count)))])
        make_calls(scores, EncodeResources())
        found = read_listed(output)
        assert found is not None
        assert found["recording_id"].to_pylist() == ["c00", "c01", "c02"][:count]
    assert found == gathered(output)


def test_killed_at_any_file_and_run_again_the_tables_are_the_same(tmp_path: Path) -> None:
    tables = [scores_of(rows_of(range(start, start + 2))) for start in (0, 2, 4)]
    whole = scores_folder(tmp_path / "whole", tables)
    make_calls(whole, EncodeResources())
    script = (
        "import os, sys\n"
        "from daf_core.storage import files\n"
        "from daf_core.storage.output import scores_output\n"
        "from jobs.parts.calls import make_calls\n"
        "from jobs.settings import EncodeResources\n"
        "left, create = [int(sys.argv[2])], files.create\n"
        "def counted(uri, data):\n"
        "    if not left[0]: os._exit(9)\n"
        "    left[0] -= 1\n"
        "    return create(uri, data)\n"
        "files.create = counted\n"
        "make_calls(scores_output(sys.argv[1]), EncodeResources())\n"
    )
    folder = tmp_path / "killed"
    killed = scores_folder(folder, tables)
    for step in (0, 1, 3, 2):
        subprocess.run([sys.executable, "-c", script, str(folder), str(step)], check=False)
    make_calls(killed, EncodeResources())
    for kind in ("calls", "speakers", "index"):
        expected = sorted((tmp_path / "whole" / kind).rglob("*.parquet"))
        found = sorted((folder / kind).rglob("*.parquet"))
        assert [path.read_bytes() for path in found] == [path.read_bytes() for path in expected]
    assert pq.read_table(folder / "calls").num_rows == 6
