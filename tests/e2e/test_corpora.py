"""A corpus as it is handed round, from its file to scores."""

import json

import numpy as np
import pyarrow.parquet as pq

from daf_core.weights.specs import EncoderSpec
from tests.core.sources.corpus_forms import mmsa, write_mmsa


def test_features_that_came_with_a_corpus_are_trained_on_and_scored(daf, make_head, tmp_path):
    data = mmsa(videos=8)
    data["train"]["audio"][0, 0, :2] = [np.nan, -np.inf]
    data["test"]["regression_labels"][0] = np.nan
    file = write_mmsa(tmp_path / "unaligned_50.pkl", data)
    manifest, embeddings = tmp_path / "manifest", tmp_path / "embeddings"

    said = daf("ingest", file, out=manifest)
    assert "48 rows in, 47 in the manifest, 1 quarantined (bad_label 1; in " in said.summary
    assert daf("ingest", file, out=manifest).summary.startswith("nothing to do")
    both = daf("embed", manifest=manifest, features=file, text_encoder="x", out=embeddings)
    assert both.status == 2
    assert "--text-encoder x" in both.complaint
    assert "--features" in both.complaint

    said = daf("embed", manifest=manifest, features=file, out=embeddings)
    assert said.summary.startswith("47 rows in, 47 embedded, 0 quarantined"), said.complaint
    assert said.summary.endswith(
        "text 6 and audio 8 wide, each feature standardised over the file's rows, 2 numbers "
        "repaired in the file"
    )
    record = json.loads((embeddings / "run.json").read_text())
    assert record["repaired"] == 2
    assert record["identity"]["encoders"]["text"]["name"] == "unaligned_50.pkl"
    again = daf("embed", manifest=manifest, features=file, out=embeddings)
    assert "done before" in again.summary

    how = {"heads": "daf", "baseline": "daf", "seeds": 1, "epochs": 2, "width": 4}
    trained = daf("evaluate", embeddings=embeddings, out=tmp_path / "heads", **how)
    assert "on 16 train, 16 validation, 15 test rows" in trained.summary, trained.complaint
    specs = {name: EncoderSpec(**spec) for name, spec in record["identity"]["encoders"].items()}
    head = make_head(encoders=specs, streams={"text": (1, 6), "audio": (1, 8)})
    refused = daf("score", manifest=manifest, head=head, out=tmp_path / "scores")
    assert refused.status == 2
    assert (
        "encoder unaligned_50.pkl: expected weights, found precomputed features"
        in refused.complaint
    )
    assert not (tmp_path / "scores").exists()
    scored = daf("score", embeddings=embeddings, head=head, out=tmp_path / "scores", local=True)
    assert scored.summary.startswith("47 rows in, 47 scored, 0 quarantined"), scored.complaint
    assert daf("verify", manifest=manifest, scores=tmp_path / "scores").status == 0
    rows = pq.read_table(tmp_path / "scores/scores").to_pylist()
    assert {row["utterance_id"] for row in rows} >= {"test0$_$2", "train7$_$1"}


def test_utterances_without_features_are_quarantined(daf, tmp_path):
    data = mmsa()
    ingested = write_mmsa(tmp_path / "all.pkl", data)
    del data["test"]
    file = write_mmsa(tmp_path / "some.pkl", data)
    daf("ingest", ingested, out=tmp_path / "manifest")
    said = daf("embed", manifest=tmp_path / "manifest", features=file, out=tmp_path / "embeddings")
    assert said.summary.startswith("18 rows in, 12 embedded, 6 quarantined")
    bad = pq.read_table(tmp_path / "embeddings/quarantine").to_pylist()
    assert {row["reason"] for row in bad} == {"missing_features"}
    assert bad[0]["message"] == ("expected features of this utterance_id in some.pkl, found none")
    other = daf("embed", manifest=tmp_path / "manifest", features=tmp_path, out=tmp_path / "other")
    assert other.status == 2
    assert "expected …Labels.csd" in other.complaint
