"""docs/platform.md: its snippets parse, their commands are ours, its keys are those of --json."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from jobs.cli import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/platform.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def strings(snippet: str) -> list[str]:
    return [one.value for one in ast.walk(ast.parse(snippet)) if isinstance(one, ast.Constant)]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippets_parse(snippet: str) -> None:
    compile(snippet, "platform.md", "exec")
    assert "jobs.verbs" not in snippet  # the names of the page are the public ones


def test_schedulers_shell_out_and_their_commands_are_ours() -> None:
    found = [
        one.partition(" ||")[0]
        for snippet in SNIPPETS
        for one in strings(snippet)
        if isinstance(one, str) and one.startswith("daf ")
    ]
    assert len(found) == 2
    for command in found:
        arguments = shlex.split(command)[1:]
        _, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
        assert bound.arguments["json"] is True
    scheduled = [one for one in SNIPPETS if "daf score" in one]
    assert not [one for one in scheduled if re.search(r"import (daf_core|jobs)|from jobs", one)]


def test_rows_in_memory_are_scored_as_the_page_says() -> None:
    (snippet,) = (one for one in SNIPPETS if "Scorer(" in one)
    made: dict = {}
    exec(snippet, made)
    assert made["scored"].scores["utterance_id"].tolist() == ["a", "b"]
    assert len(made["scored"].quarantine) == 0


def told() -> dict[str, set[str]]:
    """Step → the figures that code gives by name."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "jobs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tell":
                step = node.args[0]
                names = {one.arg for one in node.keywords if one.arg}
                name = step.value if isinstance(step, ast.Constant) else "scored"  # run.verb
                found.setdefault(str(name), set()).update(names)
    return found


def test_every_step_and_figure_is_on_the_page() -> None:
    table = TEXT[TEXT.index("| step | of |") : TEXT.index("New keys may come")]
    lines = {
        one: line
        for line in table.strip().splitlines()
        if line.startswith("|")
        for one in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    steps = told()
    assert len(steps) > 12
    for step, figures in steps.items():
        named = set(re.findall(r"`(\w+)`", lines[step]))
        assert figures <= named, step
