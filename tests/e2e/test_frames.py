"""Frames and previous turns from end to end: embedded, trained on here and by two workers of Ray
Train into an object store, scored with and without storing.
"""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from daf_core.stages import trained_head
from daf_core.training.recipe import Recipe
from jobs.fitting import train_on_ray
from jobs.settings import EmbedSettings, TrainSettings
from jobs.verbs import embed, train
from tests.e2e.conftest import part_bytes

SHAPES = {"text_frames": (4, 32), "audio_frames": (4, 32)}
OPTIONS = {
    "epochs": 3,
    "width": 8,
    "batch_rows": 16,
    "learning_rate": 0.01,
    "also_rows": 8,
    "calibrate_for": "recordings",
}
RECIPE = Recipe(**OPTIONS)


@pytest.fixture(scope="module")
def with_frames(manifest, encoders, tmp_path_factory):
    """Embeddings with frames, whose texts were read after two previous turns."""
    out = str(tmp_path_factory.mktemp("frames"))
    names = {"text_encoder": encoders.text, "audio_encoder": [encoders.audio]}
    embed.run(EmbedSettings(manifest=manifest, out=out, frames=4, context=2, local=True, **names))
    return out


@pytest.fixture(scope="module")
def head(with_frames, tmp_path_factory):
    """A head from this process, which nothing disturbed."""
    out = str(tmp_path_factory.mktemp("head"))
    data = {"embeddings": with_frames, "also": [with_frames], "out": out}
    train.run(TrainSettings(head="mods", seed=3, recipe=RECIPE, local=True, **data))
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


def test_the_head_reads_frames_after_previous_turns(head):
    loaded = trained_head.load(head)
    assert loaded.shapes == SHAPES
    turns = {name: spec.context for name, spec in loaded.encoders.items()}
    assert turns == {"text_frames": 2, "audio_frames": 0}


def test_two_workers_of_which_one_is_killed_give_the_head_of_one(
    daf, head, with_frames, bucket, tmp_path, monkeypatch
):
    """To rounding, though the contrast of this head is over rows of both workers. The second try
    goes on from a checkpoint. Ray has nothing to say.
    """
    starts = tmp_path / "starts"

    def train_worker(config):
        from jobs.fitting import fit_task
        from jobs.fitting import train_worker as worker

        run = fit_task.FitTask.run

        def run_and_die(task, device, resume, after_epoch):
            if torch.distributed.get_rank() == 0:
                with starts.open("a") as file:
                    file.write(f"{0 if resume is None else resume.epoch + 1} ")
            first_try = resume is None

            def die(state):
                after_epoch(state)
                if first_try and state.epoch == 1 and torch.distributed.get_rank() == 1:
                    os.kill(os.getpid(), signal.SIGKILL)

            return run(task, device, resume, die)

        worker.checkpoints.EVERY_S = 0.0
        fit_task.FitTask.run = run_and_die
        worker.train_worker(config)

    monkeypatch.setattr(train_on_ray, "train_worker", train_worker)
    asked = {"embeddings": with_frames, "also": with_frames, "head": "mods", "seed": 3}
    out = f"{bucket}/frames"
    ended = daf("train", out=out, workers=2, **asked, **OPTIONS)
    assert ended.status == 0, ended.complaint
    assert [line for line in ended.complaint.splitlines() if "training mods" not in line] == []
    first, second = map(int, starts.read_text().split())
    assert first == 0 < second <= 2
    alone, both = trained_head.load(head), trained_head.load(out)
    assert both.shapes == SHAPES
    one, two = alone.module.state_dict(), both.module.state_dict()
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-4, msg=name)
    assert alone.calibrations.keys() == both.calibrations.keys()
    for had, calibration in alone.calibrations.items():
        assert calibration.rows == both.calibrations[had].rows
        assert calibration.mass == pytest.approx(both.calibrations[had].mass, abs=0.02)


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
