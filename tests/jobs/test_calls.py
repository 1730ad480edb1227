"""`daf calls`: over scores in several parts, in tables made again where they changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from daf_core.calls.listed import gathered, read_listed
from daf_core.errors import SettingsError
from daf_core.storage.output import calls_output
from jobs.parts.calls import make_calls
from jobs.settings import CallsSettings, EncodeResources
from jobs.verbs import calls
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of
from tests.jobs.calls_of_agents import listed, rows_of, scores_of_agents


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scores_of_agents(tmp_path_factory)


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
    assert "agent" in text.partition("\n")[0].split()  # what the source says of calls


def test_a_text_without_quotes_is_told(scores: Path) -> None:
    with pytest.raises(SettingsError, match="if it is a text, quote it: 'ben'"):
        listed(scores, where="agent = ben")


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
