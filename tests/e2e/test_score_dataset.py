"""`jobs.score_dataset` on real Ray: every row comes out, with scores or with a reason."""

import doctest

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import ray

import daf_core
from daf_core.errors import SettingsError
from daf_core.schemas import SCORES
from jobs import score_dataset
from tests.e2e.corpus import labelled_rows


@pytest.fixture
def calls(tmp_path):
    """12 utterances of 4 recordings as `score_dataset` takes them, with a column of their own."""
    rows = labelled_rows(tmp_path, 4)
    given = [{name: row[name] for name in row if name not in ("label", "split")} for row in rows]
    return pa.Table.from_pylist([{**row, "ticket": n} for n, row in enumerate(given)])


def test_the_scores_of_the_same_rows_without_ray(calls, make_head, tmp_path):
    head = daf_core.open_head(make_head())
    dataset = ray.data.from_arrow(calls).repartition(2)
    scored = score_dataset(dataset, head, batch_size=5, folder=str(tmp_path), precision="float32")
    found = scored.to_pandas()
    here = daf_core.score(head, calls.to_pandas(), folder=str(tmp_path), precision="float32")
    assert [*found.columns[:20]] == [*SCORES.names, "stage"][:20]
    assert found["ticket"].tolist() == [*range(12)]
    assert found["text"].tolist() == calls["text"].to_pylist()
    assert found["utterance_id"].tolist() == here.scores["utterance_id"].tolist()
    assert found["reason"].isna().all()
    np.testing.assert_allclose(found["sentiment"], here.scores["sentiment"], atol=1e-5)
    np.testing.assert_allclose(found["audio_weight"], here.scores["audio_weight"], atol=1e-5)


def test_rows_that_cannot_be_scored_come_out_with_a_reason(make_head):
    rows = [{"text": "a b"}, {"text": None}, {"audio_uri": "/gone.wav"}, {"text": "a b"}]
    dataset = ray.data.from_items([{"text": None, "audio_uri": None, **row} for row in rows])
    found = score_dataset(dataset, daf_core.open_head(make_head()), concurrency=1).take_all()
    assert [row["reason"] for row in found] == [None, "empty_row", "missing_audio", None]
    assert [row["sentiment"] is None for row in found] == [False, True, True, False]
    assert [row["flags"] for row in found] == [["no_audio"], None, None, ["no_audio"]]
    assert found[0]["sentiment"] == found[3]["sentiment"]


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


def test_a_head_that_reads_other_utterances_is_refused(make_head):
    dataset = ray.data.from_items([{"text": "a"}])
    with pytest.raises(SettingsError, match="reads an utterance beside others of its recording"):
        score_dataset(dataset, daf_core.open_head(make_head(relative=True)))


def test_the_example_of_the_docstring_runs(make_head, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    make_head(folder="head")
    names = {"daf_core": daf_core, "pd": pd, "ray": ray, "score_dataset": score_dataset}
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(score_dataset, globs=names):
        assert runner.run(example).failed == 0
    assert runner.tries
