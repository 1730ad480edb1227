"""The Python API beside the command line: the same scores, and the examples of its docstrings."""

import doctest
import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

import daf_core
import jobs
from daf_core.heads import build
from daf_core.one_thread import one_thread
from daf_core.schemas import SCORES
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve
from jobs.settings import IngestSettings, ScoreSettings
from jobs.settings.encode import AUDIO_ENCODER, TEXT_ENCODER
from jobs.verbs import ingest, score
from jobs.verbs.demo import _findings

CORPUS = Path(jobs.__file__).parent / "demo_corpus"
STREAMS = {"text": (7, 384), "audio": (5, 768)}  # of the default encoders
NOTEBOOK = Path(__file__).parents[2] / "docs" / "python.ipynb"
NO_FUNCTIONS = {"BadInput", "NotDone", "Scored", "SettingsError", "TrainedHead", "__version__"}
DOCUMENTED = ("daf_core.api.drawing", "daf_core.api.outputs", "daf_core.api.scorer")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with manifest/, head/ (untrained) and scores/ of the demo corpus."""
    folder = tmp_path_factory.mktemp("demo")
    manifest, head, scores = (str(folder / name) for name in ("manifest", "head", "scores"))
    ingest.run(
        IngestSettings(source=str(CORPUS), out=manifest, channels={"0": "agent", "1": "customer"})
    )
    torch.manual_seed(0)
    encoders = {
        name: resolve(encoder, offline=True)
        for name, encoder in (("text", TEXT_ENCODER), ("audio", AUDIO_ENCODER))
    }
    trained_head.save(
        head,
        build("daf", STREAMS, 16),
        kind="daf",
        width=16,
        shapes=STREAMS,
        encoders=encoders,
        calibrations={},
        facts={},
    )
    score.run(ScoreSettings(manifest=manifest, head=head, out=scores, local=True, offline=True))
    return folder


@pytest.fixture
def as_on_the_command_line() -> Iterator[None]:
    """Sums are added up in the order of `daf score`, which has a thread per process."""
    with one_thread():
        yield


@pytest.mark.usefixtures("as_on_the_command_line")
def test_the_same_scores_as_the_command_line(demo):
    head = daf_core.open_head(str(demo / "head"))
    manifest = daf_core.read_manifest(str(demo / "manifest"))
    written = daf_core.read_scores(str(demo / "scores"))
    assert len(manifest) == len(written) == 97
    scored = daf_core.score(head, manifest, offline=True)
    assert scored.scores.select(SCORES.names).equals(written)
    assert len(scored.quarantine) == 0
    frame = daf_core.score(head, manifest.to_pandas(), offline=True)
    pd.testing.assert_frame_equal(frame.scores, written.to_pandas())


def test_text_stands_beside_the_scores_of_its_utterance(demo):
    scores = daf_core.read_scores(str(demo / "scores"), manifest=str(demo / "manifest"))
    said = {
        row["utterance_id"]: row["text"]
        for row in daf_core.read_manifest(str(demo / "manifest")).to_pylist()
    }
    assert {row["utterance_id"]: row["text"] for row in scores.to_pylist()} == said


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_examples_of_docstrings_run(demo, name, monkeypatch):
    monkeypatch.chdir(demo)
    names = {"daf_core": daf_core, "pd": pd}
    found = doctest.testmod(importlib.import_module(name), extraglobs=names)
    assert found.attempted
    assert not found.failed


def test_daf_demo_tells_what_it_found(demo, tmp_path):
    shutil.copytree(demo / "scores", tmp_path, dirs_exist_ok=True)
    shutil.copytree(demo / "manifest", tmp_path / "manifest")
    title, *lines = _findings(str(tmp_path)).splitlines()
    assert title.startswith("Mean sentiment")
    assert {line.split()[-1] for line in lines[:6]} == {
        path.stem for path in CORPUS.iterdir() if path.name not in ("README.md", "labels.csv")
    }
    assert len(lines) <= 6 + 1 + 3


def test_every_public_function_has_an_example():
    """In its docstring, or for what another package defines in the notebook."""
    notebook = NOTEBOOK.read_text(encoding="utf-8")
    for name in sorted({*daf_core.__all__} - NO_FUNCTIONS):
        documented = ">>> " in (getattr(daf_core, name).__doc__ or "")
        assert documented or f"daf_core.{name}(" in notebook, name
