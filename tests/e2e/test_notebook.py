"""docs/python.ipynb runs from top to bottom, offline, and its outputs are not stored."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from daf_core.default_heads import default_heads

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "python.ipynb"
PATIENCE_S = 240  # a cell; all of them take half a minute on two cores that are otherwise idle


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub is asked for weights, and none are in a cache."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.mark.skipif(not default_heads(), reason="no head is in the package")
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("offline")
def test_the_notebook_runs(notebook, tmp_path):
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=PATIENCE_S, resources=resources).execute()
    shown = [_text(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert any("97 rows in, 97 scored, 0 quarantined" in text for text in shown)
    assert sum("missing_audio" in text for text in shown) == 2  # of a DataFrame, of a Ray Dataset
    assert sum("image/png" in text for text in shown) == 1


def _text(cell: nbformat.NotebookNode) -> str:
    """What a cell shows: its text, and the kinds of its other outputs."""
    return " ".join(
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        + " ".join(output.get("data", {}))
        for output in cell.outputs
    )  # fmt: skip


def test_the_notebook_is_stored_without_outputs(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert not re.search(r"/(home|root|tmp|work)/", NOTEBOOK.read_text(encoding="utf-8"))
