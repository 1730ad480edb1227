"""`jobs.score_dataset` on real Ray: every row comes out, with scores or with a reason."""

import doctest
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import ray

import daf_core
from daf_core.errors import SettingsError
from daf_core.schemas import SCORES
from daf_core.weights.specs import resolve
from jobs import score_dataset
from tests.e2e.corpus import labelled_rows

COLUMNS = [*SCORES.names, "stage", "reason", "message"]


def test_every_row_comes_out_with_the_scores_of_daf_core_or_a_reason(make_head, tmp_path):
    rows = labelled_rows(tmp_path, 4)
    bad = [{"audio_path": "gone.wav"}, {"recording_id": "nothing"}]
    calls = pa.Table.from_pylist([{"ticket": n, **row} for n, row in enumerate([*rows, *bad])])
    head = daf_core.open_head(make_head())
    settings = {"folder": str(tmp_path), "precision": "float32"}
    dataset = ray.data.from_arrow(calls).repartition(2)
    found = score_dataset(dataset, head, batch_size=5, **settings).to_pandas().sort_values("ticket")
    here = daf_core.score(head, calls.to_pandas(), **settings)
    own = [name for name in calls.column_names if name not in COLUMNS]
    assert [*found.columns] == [*COLUMNS, *own]
    assert found["ticket"].tolist() == [*range(14)]
    assert found["text"].tolist()[:12] == [row["text"] for row in rows]
    assert found["reason"].tolist()[12:] == ["missing_audio", "empty_row"]
    assert found["sentiment"].isna().tolist() == [False] * 12 + [True] * 2
    assert found["reason"].notna().tolist() == [False] * 12 + [True] * 2
    assert found["utterance_id"].tolist()[:12] == here.scores["utterance_id"].tolist()
    for name in ("sentiment", "audio_weight"):
        np.testing.assert_allclose(found[name][:12], here.scores[name], atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"concurrency": 0}, "`concurrency` 0: expected a number of actors"),
        ({"concurrency": (3, 2)}, "`concurrency` .3, 2.: expected a number of actors"),
        ({"batch_size": 0}, "`batch_size` 0: expected 1 or more"),
        ({"num_gpus": -1}, "`num_gpus` -1: expected 0 or more"),
    ],
)
def test_a_bad_setting_stops_before_any_work(make_head, settings, message):
    dataset = ray.data.from_items([{"text": "a"}])
    with pytest.raises(SettingsError, match=message):
        score_dataset(dataset, daf_core.open_head(make_head()), **settings)


def test_a_head_that_reads_turns_is_refused(make_head, encoders):
    dataset = ray.data.from_items([{"text": "a"}])
    head = make_head(encoders={"text": replace(resolve(encoders.text), context=2)})
    with pytest.raises(SettingsError, match="reads an utterance beside earlier turns"):
        score_dataset(dataset, daf_core.open_head(head))


def test_a_head_that_reads_speaker_means_scores_each_row_alone(make_head, tmp_path):
    calls = pd.DataFrame(labelled_rows(tmp_path, 2))
    head = daf_core.open_head(make_head(relative=True))
    settings = {"folder": str(tmp_path), "precision": "float32"}
    found = score_dataset(ray.data.from_pandas(calls), head, batch_size=3, **settings).to_pandas()
    scorer = daf_core.Scorer(head, precision="float32")
    ids = found.set_index("utterance_id")["sentiment"]
    for row in range(len(calls)):
        alone = scorer.score(calls.iloc[row : row + 1], folder=str(tmp_path)).scores.iloc[0]
        assert ids[alone["utterance_id"]] == pytest.approx(alone["sentiment"], abs=1e-5)


def test_the_example_of_the_docstring_runs(make_head, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    make_head(folder="head")
    names = {"daf_core": daf_core, "pd": pd, "ray": ray, "score_dataset": score_dataset}
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(score_dataset, globs=names):
        assert runner.run(example).failed == 0
    assert runner.tries
