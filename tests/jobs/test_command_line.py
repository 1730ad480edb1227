"""The command line that others script against."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from daf_core.heads import HEADS
from jobs.cli import app
from jobs.settings import EvaluateSettings

ROOT = Path(__file__).parents[2]
VERBS = (
    "ingest",
    "embed",
    "train",
    "evaluate",
    "score",
    "stress",
    "verify",
    "report",
    "models",
    "demo",
)
COMMANDS = typer.main.get_command(app)


@pytest.mark.parametrize("arguments", [[], *([verb] for verb in VERBS)], ids=" ".join)
def test_help(arguments):
    answer = CliRunner().invoke(app, [*arguments, "--help"])
    assert answer.exit_code == 0
    for word in VERBS if not arguments else ["--help"]:
        assert word in answer.stdout


def commands_of_the_readme() -> list[str]:
    """Lines of its code blocks that run daf."""
    lines = (ROOT / "README.md").read_text().splitlines()
    return [line.strip() for line in lines if line.startswith("    daf ")]


@pytest.mark.parametrize("line", commands_of_the_readme())
def test_the_readme_s_commands_parse(line):
    _, verb, *arguments = shlex.split(line, comments=True)
    COMMANDS.commands[verb].make_context(verb, arguments)


def test_the_settings_name_the_heads_that_there_are() -> None:
    """In words, as importing heads takes seconds: those compared by default, and all of them."""
    assert set(EvaluateSettings(embeddings="e", out="o").heads.split(",")) <= set(HEADS)
    (option,) = (one for one in COMMANDS.commands["train"].params if one.name == "head")
    assert set(HEADS) <= set(re.findall(r"\w+", option.help))
