"""What reaches the terminal and logs: no control character, no mark of direction, no secret."""

import ast
import json
import logging
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.command.terminal import SECRET, clean, one_line

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "\x1b[2J\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x9b31m", "a\rb", "a\x08b", "\x00", "\u202eabc",
    "\u2066abc\u2069", "\u200eabc\u200f",
    "\u061c", "\ufeff", "\U000e0041", "\u2028", "\x7f", "\ud800",
)  # fmt: skip
ALLOWED = {"\n", "\t", "\u200c", "\u200d"}


@given(
    st.one_of(st.sampled_from(HOSTILE), st.text(), st.lists(st.sampled_from(HOSTILE)).map("".join))
)
def test_nothing_unprintable_is_left(text: str) -> None:
    for letter in clean(text):
        assert letter in ALLOWED or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(letter) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI"}
    assert not set(one_line(text)) & {"\n", "\r", "\t"}


SECRETS = (
    "s3://user:hunter2hunter2@bucket/x",
    "https://store.example/c?sv=2024&sig=hunter2hunter2%3D&se=2027",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2hunter2==;x=1",
    "https://b/k?X-Amz-Credential=hunter2hunter2/eu&X-Amz-Signature=hunter2hunter2",
    "aws_secret_access_key = hunter2hunter2",
    "aws_session_token=hunter2hunter2",
    "{'password': 'hunter2hunter2'}",
    "Authorization: Bearer hunter2hunter2hunter2",
    "the key AKIAHUNTER2HUNTER2XY was refused",
    "hf_hunter2hunter2hunter2hunter2",
)


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_replaced(text: str) -> None:
    assert not re.search("hunter2", clean(text), re.IGNORECASE)
    assert SECRET in clean(text)


@pytest.mark.parametrize(
    "text", ["embedding column '/etc/passwd': expected a name", "s3://b/token: expected a folder"]
)
def test_what_was_expected_of_a_file_that_is_named_like_a_secret_is_said(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "AZURE_STORAGE_SAS_TOKEN", "RAY_AUTH_TOKEN"]
)
def test_secrets_of_the_environment_are_replaced(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "wJalrXUtnFEMI/K7MDENG")
    assert clean("refused wJalrXUtnFEMI/K7MDENG of /a/b") == f"refused {SECRET} of /a/b"


def test_what_is_no_secret_stays() -> None:
    text = "calls/a=1.wav, part-00001.parquet:3: channel=1, tokens 3, s3://bucket/key@2"
    assert clean(text) == text


NAME = "\x1b[31mred\u202e\ndaf: all is well"


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--manifest", NAME, "--scores", "b"],
        ["ingest", NAME, "--out", "b"],
        ["label", NAME, "--out", "b.csv"],
        ["calls", NAME],
        ["query", NAME, "SELECT 1"],
        ["forget", NAME, "--recording", "x"],
        ["score", "--head", NAME, "a", "--out", "b"],
        [NAME],
        ["calls", f"--{NAME}"],
    ],
)
def test_hostile_names_are_one_inert_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import cli

    monkeypatch.setattr(sys, "argv", ["daf", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    said = capsys.readouterr()
    assert caught.value.code in (1, 2)
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err + said.out
    assert "\u202e" not in said.err + said.out


PROGRAM = """
import logging, warnings
from jobs.command import terminal
terminal.configure()
logging.getLogger("daf_core.x").info("%s: odd", "\\x1b[31m\\nforged: line")
warnings.warn("\\x1b[31mred")
raise RuntimeError("\\x1b[31mred\\u202e token=hunter2hunter2")
"""


def test_logs_warnings_and_tracebacks_are_clean() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "\x1b" not in ended.stderr
    assert "\u202e" not in ended.stderr
    assert "hunter2" not in ended.stderr.rpartition("RuntimeError")[2]
    assert not any(line.startswith("forged") for line in ended.stderr.splitlines())
    assert "Traceback" in ended.stderr


def test_log_lines_name_options() -> None:
    program = PROGRAM.replace("configure()", "configure(cli.as_options)").replace(
        '"%s: odd", ', '"`no_such` beside `max_error_rate`, %s", '
    )
    ended = subprocess.run(
        [sys.executable, "-c", f"from jobs import cli\n{program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr.startswith("`no_such` beside --max-error-rate, ")


def test_everything_is_printed_in_one_place() -> None:
    for path in sorted((ROOT / "jobs").rglob("*.py")):
        tree = ast.parse(path.read_text())
        called = {node.func.id for node in ast.walk(tree)
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        written = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if path.name != "terminal.py":
            assert "print" not in called, path
            assert not written & {"sys.stdout.write", "sys.stderr.write"}, path


def test_rows_that_were_asked_for_stay_json(capsys: pytest.CaptureFixture[str]) -> None:
    from jobs.command.terminal import say_rows

    say_rows(json.dumps({"text": "my password: \x1b[31mblue", "token": "a"}))
    assert json.loads(capsys.readouterr().out)["text"] == "my password: \x1b[31mblue"
    assert logging.getLogger("jobs") is not None
