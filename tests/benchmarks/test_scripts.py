"""Benchmarks are run by hand and seldom: every script must still start, and be in the README."""

import runpy
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("science", "speed", "reliability")
SCRIPTS = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / "benchmarks" / folder).rglob("*.py"))
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
]


def module_of(script: Path) -> str:
    """The name that `python -m` takes."""
    return ".".join(script.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_shows_its_help(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = module_of(script)
    monkeypatch.setattr(sys, "argv", [str(script), "--help"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # another script has imported this one
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    assert ended.value.code == 0
    assert f"python -m {name} " in capsys.readouterr().out


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_has_a_line_for_every_script(folder: str) -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    section = text.partition(f"## {folder}/")[2].partition("\n## ")[0]
    named = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert sorted(named) == [script.stem for script in SCRIPTS if script.parent.name == folder]


def test_no_script_names_a_path_outside_the_repository() -> None:
    for path in (ROOT / "benchmarks").rglob("*.py"):
        assert "shared" + "/" not in path.read_text(encoding="utf-8"), path
