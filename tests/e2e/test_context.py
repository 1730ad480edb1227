"""Turns before an utterance, from end to end: scored with those that the head was trained with."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from daf_core.stages import trained_head
from daf_core.training.recipe import Recipe
from jobs.settings import EmbedSettings, TrainSettings
from jobs.verbs import embed, train


@pytest.fixture(scope="module")
def with_context(manifest, encoders, tmp_path_factory):
    out = str(tmp_path_factory.mktemp("context"))
    names = {"text_encoder": encoders.text, "audio_encoder": [encoders.audio]}
    embed.run(EmbedSettings(manifest=manifest, out=out, context=2, local=True, **names))
    return out


def column(folder, name):
    rows = pq.read_table(folder)
    return dict(zip(rows["utterance_id"].to_pylist(), rows[name].to_pylist(), strict=True))


def test_a_head_scores_with_the_context_that_it_was_trained_with(
    daf, manifest, embeddings, with_context, tmp_path
):
    recipe = Recipe(epochs=2, width=8, batch_rows=16)
    head = str(tmp_path / "head")
    train.run(TrainSettings(embeddings=with_context, out=head, recipe=recipe))
    assert {name: spec.context for name, spec in trained_head.load(head).encoders.items()} == {
        "text": 2,
        "audio": 0,
    }
    said = []
    for where in ({"embeddings": with_context}, {"manifest": manifest}):
        out = tmp_path / next(iter(where))
        ended = daf("score", head=head, out=out, local=True, **where)
        assert ended.status == 0, ended.complaint
        said.append(column(out / "scores", "sentiment"))
    assert said[0] == said[1]
    other = daf("score", embeddings=embeddings, head=head, out=tmp_path / "no", local=True)
    assert other.status == 2
    assert "with 2 previous turns)" in other.complaint


def test_only_the_turns_of_the_own_recording_are_read(embeddings, with_context):
    plain, read = (column(f"{folder}/embeddings", "text") for folder in (embeddings, with_context))
    starts = column(f"{embeddings}/embeddings", "start_s")
    assert plain.keys() == read.keys()
    for utterance, value in plain.items():
        same = np.array_equal(np.array(value), np.array(read[utterance]))
        assert same == (starts[utterance] == 0.0), utterance
    identity = json.loads((Path(with_context) / "run.json").read_text())["identity"]
    assert identity["encoders"]["text"]["context"] == 2
