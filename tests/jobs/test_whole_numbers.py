"""Whole numbers are never rounded, and no setting takes more than a machine has: on the command
line, in files of options and in Python. Lists name each thing once.
"""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from cyclopts import CycloptsError
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import SettingsError, check_range, check_whole
from daf_core.training.recipe import MOST_UNITS, Recipe
from jobs import cli
from jobs.cli import VERBS
from jobs.settings import EmbedSettings, EvaluateSettings, StressSettings, TrainSettings

REQUIRED: dict[str, dict[str, Any]] = {
    "adapt": {"labels": "l", "scores": "s", "out": "o"},
    "query": {"scores": "s", "sql": "SELECT 1"},
    "render": {"to": "slurm"},
}
POSITIONAL = ("to", "command")


def whole_fields() -> Iterator[tuple[str, type, str]]:
    """Verb, class and name of each whole number, those of the recipe too."""
    for verb, settings in VERBS.items():
        for owner in (settings, Recipe) if verb in ("train", "evaluate") else (settings,):
            for name, hint in get_type_hints(owner).items():
                if hint in (int, int | None):
                    yield verb, owner, name


FIELDS = [*whole_fields()]


def needed(settings: type) -> dict[str, Any]:
    """Values of the fields without a default."""
    missing = dataclasses.MISSING
    return {
        one.name: ["x"] if "list" in str(one.type) else "x"
        for one in dataclasses.fields(settings)
        if one.default is missing and one.default_factory is missing
    }


def test_there_are_whole_numbers() -> None:
    assert len(FIELDS) > 30
    assert ("train", Recipe, "width") in FIELDS


@pytest.mark.parametrize(("verb", "owner", "name"), FIELDS)
@pytest.mark.parametrize("value", ["2.9", "2.0", "1e3", "nan", "two", "", "9" * 5000])
def test_the_command_line_takes_no_other_numbers(verb, owner, name, value) -> None:
    required = {**needed(VERBS[verb]), **REQUIRED.get(verb, {})}
    options = [f"--{one}={given}" for one, given in required.items() if one not in POSITIONAL]
    first, last = (["slurm"], ["--", "score"]) if verb == "render" else ([], [])
    whole = [verb, *first, *options, f"--{name.replace('_', '-')}={value}", *last]
    with pytest.raises(CycloptsError, match=r"expected a whole number$"):
        cli.app.parse_args(whole, exit_on_error=False, print_error=False)


@pytest.mark.parametrize(("verb", "owner", "name"), FIELDS)
@pytest.mark.parametrize("value", [2.9, 2.0, True, float("nan"), "2"])
def test_python_takes_no_other_numbers(verb, owner, name, value) -> None:
    given = {**needed(owner), **REQUIRED.get(verb, {}), name: value} if owner != Recipe else None
    with pytest.raises(SettingsError, match=f"`{name}` .*: expected .*, a whole number$"):
        owner(**(given or {name: value}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = 2.9", "--epochs 2.9: expected a whole number"),
        ("epochs = true", "epochs: expected a value, found true"),
        ("head = false", "head: expected a value, found false"),
        ("width = 1000000", "--width 1000000: expected 1 to 4096, a whole number"),
        ('fresh = "maybe"', "--fresh maybe: expected true, false or no value"),
    ],
)
@pytest.mark.parametrize("before", [(), ("config", "show")])
def test_a_value_of_a_file_is_told_with_its_file(
    text: str, said: str, before: tuple[str, ...], tmp_path: Path, monkeypatch, capsys
) -> None:
    file = tmp_path / "daf.toml"
    file.write_text(text + "\n")
    arguments = [*before, "train", "--embeddings", "e", "--out", "o", "--config", str(file)]
    monkeypatch.setattr(sys, "argv", ["daf", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"daf: {file}: {said}\n"


def test_a_file_is_not_named_for_what_the_command_line_gives(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    file = tmp_path / "daf.toml"
    file.write_text("epochs = 3\n")
    options = ["--embeddings", "e", "--out", "o", "--config", str(file), "--epochs", "2.9"]
    monkeypatch.setattr(sys, "argv", ["daf", "train", *options])
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == "daf: --epochs 2.9: expected a whole number\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--local --ray", "--local and --ray: expected one of them, once"),
        ("--ray --local", "--local and --ray: expected one of them, once"),
        ("--epochs 2 --epochs 3", "--epochs: expected once, found again"),
    ],
)
def test_what_is_given_twice_is_named(options: str, said: str, monkeypatch, capsys) -> None:
    arguments = ["train", "--embeddings", "e", "--out", "o", *options.split()]
    monkeypatch.setattr(sys, "argv", ["daf", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"daf: {said}\n"


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        (Recipe, {"width": 10**6}),
        (Recipe, {"members": 101}),
        (Recipe, {"width": 4096, "members": 5}),
        (Recipe, {"epochs": 10**9}),
        (Recipe, {"weight_decay": float("inf")}),
        (Recipe, {"side_loss": float("nan")}),
        (TrainSettings, {"seed": -1}),
        (TrainSettings, {"seed": 2**32}),
        (TrainSettings, {"also": ["a", "a"]}),
        (EvaluateSettings, {"seeds": 10**6}),
        (EvaluateSettings, {"heads": ["daf", "text", "daf"]}),
        (EmbedSettings, {"frames": 100_000}),
        (EmbedSettings, {"context": 10**6}),
        (EmbedSettings, {"audio_encoder": ["descriptors", "descriptors"]}),
        (EmbedSettings, {"gpus_per_actor": -1.0}),
        (StressSettings, {"heads": ["fast", "fast"]}),
    ],
)
def test_settings_are_bounded(settings: type, values: dict[str, Any]) -> None:
    needs = {} if settings is Recipe else needed(settings)
    with pytest.raises(SettingsError, match=r"^`\w+`.*: expected "):
        settings(**(needs | values))


@given(st.integers(1, 4096), st.integers(1, 100))
def test_all_members_together_are_bounded(width: int, members: int) -> None:
    try:
        assert Recipe(width=width, members=members).width * members <= MOST_UNITS
    except SettingsError:
        assert width * members > MOST_UNITS


@given(st.integers(), st.integers(), st.none() | st.integers())
def test_check_whole_is_the_range(value: int, least: int, most: int | None) -> None:
    fits = value >= least and (most is None or value <= most)
    try:
        check_whole("x", value, least, most)
        assert fits
    except SettingsError:
        assert not fits


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_no_range_holds_what_is_not_finite(value: float) -> None:
    with pytest.raises(SettingsError):
        check_range("x", value, least=0)
