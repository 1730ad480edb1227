"""Layers: daf_core says what, without Ray, environment or printing; jobs say where."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(ROOT.glob("daf_core/**/*.py"))

WITHOUT_RAY = """
import importlib, pkgutil, sys
sys.modules["ray"] = None
import daf_core
for module in pkgutil.walk_packages(daf_core.__path__, "daf_core."):
    importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("daf_core.")]))
"""


def test_daf_core_imports_without_ray():
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) == len([path for path in MODULES if path.parent != ROOT / "daf_core"
                                     or path.name != "__init__.py"])  # fmt: skip


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("jobs.cli", ["pyarrow", "ray", "torch", "fsspec", "botocore"]),  # --help answers at once
        (
            "jobs.parts.read_and_publish",
            ["torch"],
        ),  # its processes start in a third of the time and memory
        (
            "jobs.parts.preload",
            ["scipy", "sklearn", "pandas", "ray"],
        ),  # encoding starts 2 s earlier
    ],
)
def test_modules_load_no_more_than_they_need(module, unwanted):
    program = f"import sys, {module}; print([n for n in {unwanted} if n in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_daf_core_reads_no_environment_and_prints_nothing(path):
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not names & {"environ", "getenv", "print"}
    assert len(path.read_text().splitlines()) <= 250
