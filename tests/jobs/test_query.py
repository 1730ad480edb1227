"""`daf query`: all tables can be asked, nothing else is read, nothing is written, and it ends."""

import csv
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from daf_core.errors import SettingsError
from jobs.settings import QuerySettings
from jobs.verbs import query
from tests.jobs.calls_of_agents import AGENTS, listed, scores_of_agents


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scores_of_agents(tmp_path_factory)


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


@pytest.mark.parametrize("name", [None, "t.csv", "t.jsonl", "t.xlsx", "t.parquet"])
def test_values_that_python_cannot_hold_are_told(scores: Path, tmp_path: Path, name) -> None:
    sql = "SELECT to_years(1) AS years, DATE '200000-01-01' AS day"
    out = None if name is None else str(tmp_path / name)
    with pytest.raises(SettingsError, match=r"a value cannot be written .* as text"):
        query.run(QuerySettings(str(scores), sql, to="jsonl", out=out))
    assert not [*tmp_path.iterdir()]
    assert "200000" in asked(scores, "SELECT CAST(DATE '200000-01-01' AS VARCHAR) AS day")
