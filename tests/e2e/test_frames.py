"""Frames and previous turns from end to end: embedded, trained on by two workers into an object
store, scored with and without storing.
"""

import json
from pathlib import Path

import numpy as np
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
RECIPE = Recipe(
    epochs=3,
    width=8,
    batch_rows=16,
    learning_rate=0.01,
    also_rows=8,
    calibrate_for="recordings",
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def with_frames(manifest, encoders, tmp_path_factory):
    """Embeddings with frames, whose texts were read after two previous turns."""
    out = str(tmp_path_factory.mktemp("frames"))
    names = {"text_encoder": encoders.text, "audio_encoder": [encoders.audio]}
    embed.run(EmbedSettings(manifest=manifest, out=out, frames=4, context=2, local=True, **names))
    return out


@pytest.fixture(scope="module")
def head(with_frames, bucket):
    """A head that two workers trained."""
    out = f"{bucket}/frames"
    data = {"embeddings": with_frames, "also": [with_frames]}
    train.run(TrainSettings(out=out, head="mods", workers=2, seed=3, recipe=RECIPE, **data))
    return out


def identity_of(embeddings):
    return json.loads((Path(embeddings) / "run.json").read_text())["identity"]


def test_the_run_record_says_what_was_read(embeddings, with_frames):
    identity, plain = identity_of(with_frames), identity_of(embeddings)
    assert identity["frames"] == 4
    assert identity["encoders"]["text"]["context"] == 2
    assert "frames" not in plain
    assert "context" not in plain["encoders"]["text"]


def test_only_the_turns_of_the_own_recording_are_read(embeddings, with_frames):
    plain, read = (
        {row["utterance_id"]: row for row in pq.read_table(f"{folder}/embeddings").to_pylist()}
        for folder in (embeddings, with_frames)
    )
    assert plain.keys() == read.keys()
    for utterance, row in plain.items():
        same = np.array_equal(row["text"], read[utterance]["text"])
        assert same == (row["start_s"] == 0.0), utterance
        assert row["audio"] == read[utterance]["audio"]


def test_two_workers_give_the_head_of_one(head, with_frames):
    """To rounding, though the contrast of this head is over rows of both workers."""
    loaded = trained_head.load(head)
    assert loaded.shapes == SHAPES
    turns = {name: spec.context for name, spec in loaded.encoders.items()}
    assert turns == {"text_frames": 2, "audio_frames": 0}
    corpus = labelled_corpus(embeddings_output(with_frames))
    alone = fit_head("mods", corpus, SHAPES, RECIPE, CPU, seed=3, also=[corpus])
    one, two = alone.module.state_dict(), loaded.module.state_dict()
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-4, msg=name)
    assert alone.calibrations.keys() == loaded.calibrations.keys()
    for had, calibration in alone.calibrations.items():
        assert calibration.rows == loaded.calibrations[had].rows
        assert calibration.mass == pytest.approx(loaded.calibrations[had].mass, abs=0.02)


def test_streamed_and_stored_scores_are_equal(daf, head, manifest, with_frames, tmp_path):
    stored, streamed = tmp_path / "stored", tmp_path / "streamed"
    for where, out in ({"embeddings": with_frames}, stored), ({"manifest": manifest}, streamed):
        ended = daf("score", head=head, out=out, local=True, **where)
        assert ended.status == 0, ended.complaint
    for folder in ("scores", "quarantine"):
        assert part_bytes(stored / folder).keys() == part_bytes(streamed / folder).keys()
    rows = [pq.read_table(out / "scores") for out in (stored, streamed)]
    assert len(rows[0]) == 72
    assert rows[0].equals(rows[1])


def test_embeddings_without_frames_or_turns_are_refused(daf, head, embeddings, make_head, tmp_path):
    refused = daf("score", embeddings=embeddings, head=head, out=tmp_path / "no", local=True)
    assert refused.status == 2
    assert "expected frames of 4 steps" in refused.complaint
    assert "embed again with --frames 4" in refused.complaint
    of_turns = make_head(encoders={"text": trained_head.load(head).encoders["text_frames"]})
    refused = daf("score", embeddings=embeddings, head=of_turns, out=tmp_path / "no", local=True)
    assert refused.status == 2
    assert "with 2 previous turns)" in refused.complaint
    unfit = daf("train", embeddings=embeddings, out=tmp_path / "unfit", head="pool")
    assert unfit.status == 2
    assert "expected embeddings with frames" in unfit.complaint
