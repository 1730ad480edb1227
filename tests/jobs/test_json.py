"""`--json`: what a command's summary says, and how it ended, as one object for programs."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs import cli
from jobs.command import terminal

KEYS = {"daf", "verb", "status", "seconds", "summary", "error", "steps"}
PROGRAM = "from jobs.cli import main; main()"
SECRET_WORDS = "the heron stood in the reeds"


@pytest.fixture
def told(monkeypatch, capfd):
    """Run a command with --json; gives its object, and what it said to people."""

    def run(*arguments: object) -> tuple[dict, str]:
        monkeypatch.setattr(sys, "argv", ["daf", *map(str, arguments), "--json"])
        capfd.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code
        said = capfd.readouterr()
        found = json.loads(said.out)  # one object, and nothing else
        assert {*found} - {"rows"} == KEYS
        assert found["status"] == status
        assert (found["error"] is None) == (status == 0)
        return found, said.err

    return run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = tmp_path_factory.mktemp("source") / "calls.csv"
    rows = [f"r{n // 4},{n % 4},{n % 4 + 1},{SECRET_WORDS} {n}" for n in range(12)]
    table.write_text("\n".join(["recording_id,start_s,end_s,text", *rows, "r9,2,5,"]))
    return table


@pytest.fixture(scope="module")
def scores(source: Path) -> Path:
    """Scores of texts, made by a process that prints an object too."""
    out = source.parent / "scores"
    options = ["--out", str(out), "--local", "--offline", "--json"]
    command = [sys.executable, "-c", PROGRAM, "score", str(source), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    (source.parent / "score.json").write_text(ended.stdout)
    return out


def figures_are_said(step: dict, text: str, *names: str) -> bool:
    """Whether the numbers of a step are those that people are told."""
    numbers = {one.replace(",", "") for one in re.findall(r"\d[\d,]*", text)}
    return {str(step[name]) for name in names} <= numbers


def test_score_tells_every_step(scores: Path) -> None:
    found = json.loads((scores.parent / "score.json").read_text())
    assert (found["verb"], found["status"], found["error"]) == ("score", 0, None)
    steps, text = found["steps"], "\n".join(found["summary"])
    assert {*steps} == {"ingested", "scored", "summarised", "verified", "reported"}
    assert figures_are_said(steps["scored"], text, "rows_in", "scored", "quarantined")
    assert figures_are_said(steps["verified"], text, "rows_in", "scored", "quarantined")
    assert steps["ingested"]["reasons"] == {"empty_row": 1}
    assert steps["ingested"]["rows"] == steps["scored"]["scored"] == 12
    assert steps["summarised"]["statuses"]["scored"] == 3
    assert Path(steps["reported"]["out"]).is_file()
    record = json.loads((scores / "run.json").read_text())
    assert {name: steps["scored"][name] for name in ("parts", "scored", "flags")} == {
        name: record[name] for name in ("parts", "scored", "flags")
    }
    assert steps["scored"]["run"] == record["fingerprint"]
    assert SECRET_WORDS not in json.dumps(found)
    log = Path(steps["scored"]["log"]).read_text()
    assert steps["scored"]["run"] in log
    assert SECRET_WORDS not in log
    assert "r0" not in re.findall(r'"(\w+)"', log)


@pytest.mark.parametrize(
    ("arguments", "step", "names"),
    [
        ("verify {scores}", "verified", ["rows_in", "scored", "quarantined"]),
        ("report {scores} --out {new}.html", "reported", ["utterances", "recordings"]),
        ("label {scores} --out {new}.csv --rows 5", "labelled", ["chosen", "recordings"]),
        ("export {scores} --to csv --out {new}", "exported", ["utterances", "calls", "speakers"]),
        ("convert {scores} --to vtt --out {new}", "converted", ["recordings", "cues"]),
        ("query {scores} 'SELECT 1 AS a' --out {new}.csv", "queried", ["rows"]),
        ("ingest {source} --out {new}", "ingested", ["rows_in", "rows", "parts"]),
        ("models", "listed", []),
    ],
)
def test_the_figures_are_those_of_the_text(told, scores, source, tmp_path, arguments, step, names):
    line = arguments.format(scores=scores, source=source, new=tmp_path / "new")
    found, said = told(*shlex.split(line))
    assert found["verb"] == line.split()[0]
    text = "\n".join(found["summary"])
    assert text
    assert figures_are_said(found["steps"][step], text, *names)
    assert "{" not in said


def test_rows_that_are_asked_for_are_objects(told, scores: Path) -> None:
    found, _ = told("query", scores, "SELECT recording_id, count(*) n FROM utterances GROUP BY 1")
    assert sorted((row["recording_id"], row["n"]) for row in found["rows"]) == [
        (f"r{n}", 4) for n in range(3)
    ]
    assert found["steps"]["queried"] == {"rows": 3, "more": False}
    assert found["summary"] == []
    found, _ = told("query", scores, "SELECT 'nan'::DOUBLE AS x, 'token=abcdefgh' AS y")
    assert found["rows"] == [{"x": None, "y": "token=abcdefgh"}]  # valid JSON; rows as they are
    found, _ = told("calls", scores, "--top", "2")
    assert len(found["rows"]) == found["steps"]["listed"]["shown"] == 2
    assert found["steps"]["listed"]["calls"] == 4


def test_the_next_command_of_the_process_prints_for_people(
    told, scores, monkeypatch, capfd
) -> None:
    told("verify", "--scores", scores, "--manifest", scores / "manifest")
    told("verify", "--scores", scores / "nothing", "--manifest", scores / "manifest")  # it fails
    terminal.say("for people")
    assert capfd.readouterr().out == "for people\n"


@pytest.mark.parametrize(
    ("arguments", "status", "kind", "says"),
    [
        (["scor"], 2, "SettingsError", "score"),
        (["score", "--out", "o"], 2, "SettingsError", "--manifest"),
        (["verify", "nothing"], 2, "SettingsError", "nothing"),
        (["verify", "s3://u:hunter2hunter2@b/x"], 2, "SettingsError", "credentials"),
    ],
)
def test_errors_are_told_with_their_status(told, arguments, status, kind, says) -> None:
    found, said = told(*arguments)
    assert (found["status"], found["error"]["kind"]) == (status, kind)
    assert says in found["error"]["message"]
    assert found["error"]["message"] in said
    assert "hunter2" not in json.dumps(found) + said


def test_what_was_done_before_an_error_is_told(told, source: Path, tmp_path: Path) -> None:
    found, _ = told("ingest", source, "--out", tmp_path / "m", "--max-error-rate", "0.01")
    assert (found["status"], found["error"]["kind"]) == (3, "TooManyBad")
    assert "--max-error-rate" in found["error"]["message"]
    assert found["steps"]["ingested"]["rows"] == 12
    assert "12 in the manifest" in found["summary"][0]


def test_a_command_that_is_stopped_says_so(scores: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "browse", str(scores), "--json"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert job.stderr
    assert job.stderr.readline().startswith("http://")  # standard output is for the object
    time.sleep(1)
    job.send_signal(signal.SIGTERM)
    out, _ = job.communicate(timeout=60)
    found = json.loads(out)
    assert found["status"] == job.returncode


def test_a_file_of_options_may_ask_for_it(scores: Path, tmp_path: Path, monkeypatch, capsys):
    file = tmp_path / "daf.toml"
    file.write_text("json = true\n")
    monkeypatch.setattr(sys, "argv", ["daf", "verify", str(scores), "--config", str(file)])
    with pytest.raises(SystemExit):
        cli.main()
    assert json.loads(capsys.readouterr().out)["status"] == 0
