"""Frames from end to end: embedded, trained on by two workers, scored with and without storing."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from daf_core.stages import trained_head
from daf_core.storage.output import embeddings_output
from daf_core.training.dataset import labelled_corpus
from daf_core.training.fitting import fit_head
from daf_core.training.recipe import Recipe
from jobs.settings import EmbedSettings, TrainSettings
from jobs.verbs import embed, train
from tests.e2e.conftest import part_bytes

SHAPES = {"text_frames": (4, 32), "audio_frames": (4, 32)}
RECIPE = Recipe(epochs=3, width=8, batch_rows=16, learning_rate=0.01)


@pytest.fixture(scope="module")
def with_frames(manifest, encoders, tmp_path_factory):
    out = str(tmp_path_factory.mktemp("frames"))
    names = {"text_encoder": encoders.text, "audio_encoder": [encoders.audio]}
    embed.run(EmbedSettings(manifest=manifest, out=out, frames=4, local=True, **names))
    return out


def test_frames_from_embedding_to_scores(daf, manifest, embeddings, with_frames, tmp_path):
    identity, plain = (
        json.loads((Path(folder) / "run.json").read_text())["identity"]
        for folder in (with_frames, embeddings)
    )
    assert identity["frames"] == 4
    assert "frames" not in plain
    head = str(tmp_path / "head")
    train.run(
        TrainSettings(
            embeddings=with_frames, out=head, head="mods", workers=2, seed=3, recipe=RECIPE
        )
    )
    loaded = trained_head.load(head)
    assert loaded.shapes == SHAPES
    # The contrast is over rows of both workers: the head is the one that a single worker makes.
    corpus = labelled_corpus(embeddings_output(with_frames))
    alone = fit_head("mods", corpus, SHAPES, RECIPE, torch.device("cpu"), seed=3)
    for name, value in alone.module.state_dict().items():
        torch.testing.assert_close(
            loaded.module.state_dict()[name], value, rtol=1e-3, atol=1e-4, msg=name
        )
    stored, streamed = tmp_path / "stored", tmp_path / "streamed"
    for where, out in ({"embeddings": with_frames}, stored), ({"manifest": manifest}, streamed):
        ended = daf("score", head=head, out=out, local=True, **where)
        assert ended.status == 0, ended.complaint
    for folder in ("scores", "quarantine"):
        assert part_bytes(stored / folder).keys() == part_bytes(streamed / folder).keys()
    rows = [scores_of(out) for out in (stored, streamed)]
    assert rows[0] == rows[1]
    refused = daf("score", embeddings=embeddings, head=head, out=tmp_path / "no", local=True)
    assert refused.status == 2
    assert "expected frames of 4 steps" in refused.complaint
    assert "embed again with --frames 4" in refused.complaint
    unfit = daf("train", embeddings=embeddings, out=tmp_path / "unfit", head="pool")
    assert unfit.status == 2
    assert "expected embeddings with frames" in unfit.complaint


def scores_of(out: Path) -> list[dict[str, object]]:
    """All rows, in the order of parts."""
    parts = sorted((out / "scores").glob("part-*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]
