"""Training: what a head says of itself, and what is refused. On Ray Train: test_frames.py."""

import json
from pathlib import Path

import pytest

from daf_core.heads import HEADS
from daf_core.training.recipe import Recipe
from jobs.settings import TrainSettings
from jobs.verbs import train
from tests.e2e.conftest import part_bytes

# Of a head that also reads other utterances of the recording, and all layers side by side.
SETTINGS = {"head": "gatedx", "seed": 3, "speaker_normalise": True, "all_layers": True}
RECIPE = {
    "also_rows": 8,
    "epochs": 8,
    "width": 8,
    "batch_rows": 16,
    "learning_rate": 0.01,
    "calibrate_for": "recordings",
}


@pytest.fixture(scope="module")
def head(embeddings, tmp_path_factory):
    """A head from this process, which nothing disturbed."""
    out = str(tmp_path_factory.mktemp("head"))
    data = {"embeddings": embeddings, "also": [embeddings], "out": out}
    summary = train.run(TrainSettings(recipe=Recipe(**RECIPE), local=True, **data, **SETTINGS))
    assert summary.startswith("36 train, 18 validation, 18 test rows, 36 of --also, best epoch ")
    return Path(out)


def files_of(head):
    return {path: path.stat().st_mtime_ns for path in head.rglob("*") if path.is_file()}


def test_a_head_says_what_it_is_and_where_from(head, embeddings):
    facts = json.loads((head / "head.json").read_text())
    assert facts["data"]["embeddings"] == embeddings
    assert facts["seed"] == 3
    assert set(facts["metrics"]) == {"train", "valid", "test"}
    assert len(facts["history"]) == 8
    assert facts["calibrations"]["text and audio"]["rows"] <= 36
    assert "train rows, as of unseen recordings" in (head / "README.md").read_text()
    names = {path.name for path in files_of(head)}
    assert names >= {"head.safetensors", "head.json", "README.md", "learning-curve.png"}
    assert not (head / "_train").exists()
    turns = [f"{name}_{whose}_before" for name in ("text", "audio") for whose in ("own", "others")]
    assert {*facts["streams"]} == {"text_wide", "audio_wide", "audio_wide_relative", *turns}
    assert [*facts["encoders"]] == ["text", "audio"]


def test_utterances_beside_others_when_streamed_and_when_stored(
    daf, head, manifest, embeddings, tmp_path
):
    streamed = daf("score", manifest=manifest, head=head, out=tmp_path / "1", local=True)
    stored = daf("score", embeddings=embeddings, head=head, out=tmp_path / "2", local=True)
    assert (streamed.status, stored.status) == (0, 0), streamed.complaint
    assert part_bytes(tmp_path / "1") == part_bytes(tmp_path / "2")


def test_run_again_it_does_nothing_and_another_recipe_is_refused(daf, head, embeddings):
    before = files_of(head)
    asked = {"embeddings": embeddings, "also": embeddings, "out": head} | SETTINGS | RECIPE
    again = daf("train", **asked)
    assert (again.status, again.summary.endswith("was done before")) == (0, True)
    other = daf("train", **asked | {"width": 16})
    assert other.status == 2
    assert "width was 8, is 16; choose another folder or start over with --fresh" in other.complaint
    assert files_of(head) == before


def test_what_cannot_be_trained_is_refused_before_it_is_waited_for(
    daf, embeddings, tmp_path, monkeypatch
):
    for options, said in (
        ({"workers": 64}, "--workers 64: expected room for 64 processes with 1 CPU each"),
        (
            {"gpu": True, "workers": 64},
            "--gpu --workers 64: expected room for 64 processes with 1 CPU and 1 GPU each",
        ),
        ({"learning_rate": -1}, "--learning-rate -1.0: expected more than 0"),
        ({"head": "mult"}, "head mult: expected embeddings with frames, found none"),
    ):
        refused = daf("train", embeddings=embeddings, out=tmp_path / "out", **options)
        assert refused.status == 2
        assert said in refused.complaint
        assert not [one for one in (tmp_path / "out").rglob("*") if one.is_file()]


def test_a_head_that_the_corpus_cannot_train_is_refused_at_once(daf, embeddings, tmp_path):
    unknown = daf("train", embeddings=embeddings, out=tmp_path, head="nonsense")
    assert unknown.status == 2
    assert unknown.complaint == f"daf: --head nonsense: expected one of {', '.join(HEADS)}\n"
