"""The whole path over several parts: manifest → embed → train → score → verify → report."""

import json

import numpy as np
import pyarrow as pa
import pytest

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES, embeddings_schema
from daf_core.storage.output import Output, embeddings_output, manifest_output, scores_output
from tests.e2e.corpus import labelled_rows, write_hum, write_table


def read_all(output: Output) -> pa.Table:
    return pa.concat_tables(output.read_all())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A labelled corpus, and rows that lack text or audio, or name a file that is not there."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = labelled_rows(folder, 24)
    write_hum(folder / "silent-words.wav", 150)
    rows += [
        {"recording_id": "words", "text": "b c"},
        {"recording_id": "hum", "audio_path": "silent-words.wav", "start_s": 0, "end_s": 2},
        {"recording_id": "gone", "audio_path": "gone.wav", "text": "a"},
    ]
    return write_table(folder / "mixed.csv", rows)


def test_all_the_way(daf, mixed, encoders, tmp_path):
    manifest, embeddings, head = tmp_path / "manifest", tmp_path / "embeddings", tmp_path / "head"
    streamed, stored = tmp_path / "streamed", tmp_path / "stored"
    steps = {
        "ingest": daf("ingest", mixed, out=manifest, part_minutes=0.1),
        "embed": daf(
            "embed",
            manifest=manifest,
            out=embeddings,
            text_encoder=encoders.text,
            audio_encoder=f"{encoders.audio},descriptors",
            actors=1,
        ),
        "train": daf("train", embeddings=embeddings, out=head, epochs=8, width=8, batch_rows=16),
        "score": daf("score", manifest=manifest, head=head, out=streamed, actors=1),
        "score stored": daf("score", embeddings=embeddings, head=head, out=stored),
        "verify": daf("verify", manifest=manifest, scores=streamed),
        "verify stored": daf("verify", manifest=manifest, scores=stored),
        "report": daf("report", scores=streamed, out=tmp_path / "report.html"),
    }
    assert [ended for ended in steps.values() if ended.status] == []
    for name in ("embed", "score", "score stored", "verify", "verify stored"):
        assert steps[name].summary.startswith("75 rows in, 75 "), name
    assert steps["train"].summary.startswith("36 train, 18 validation, 18 test rows, best epoch")

    expected = {
        manifest_output(str(manifest)): MANIFEST,
        embeddings_output(str(embeddings)): embeddings_schema(
            {"text": 3 * 32, "audio": 3 * 64, "audio_2": 57}
        ),
        scores_output(str(streamed)): SCORES,
    }
    for output, schema in expected.items():
        assert len(output.part_names()) > 10
        assert read_all(output).schema.remove_metadata() == schema
    quarantine = scores_output(str(streamed)).read_quarantine("part-00000.parquet")
    assert quarantine.schema.remove_metadata() == QUARANTINE

    scores = read_all(scores_output(str(streamed)))
    assert scores.equals(read_all(scores_output(str(stored))))
    assert scores["utterance_id"].to_pylist() == (
        read_all(manifest_output(str(manifest)))["utterance_id"].to_pylist()
    )
    check_weights(scores)
    assert json.loads((streamed / "run.json").read_text())["complete"] is True
    assert "<html" in (tmp_path / "report.html").read_text()
    assert not (head / "_train").exists()


def check_weights(scores):
    """They sum to 1 and are 0 for what is absent, where the sentiment is null too."""
    weights = np.stack([scores["text_weight"].to_numpy(), scores["audio_weight"].to_numpy()])
    np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-6)
    rows = {row["recording_id"]: row for row in scores.to_pylist()}
    for name, absent, flag in (
        ("words", "audio", "no_audio"),
        ("gone", "audio", "missing_audio"),
        ("hum", "text", "no_text"),
    ):
        assert rows[name][f"{absent}_weight"] == 0
        assert rows[name][f"{absent}_sentiment"] is None
        assert rows[name]["disagreement"] is None
        assert flag in rows[name]["flags"]
    assert 0 < rows["00"]["text_weight"] < 1
    assert np.abs(scores["sentiment"].to_numpy()).max() <= 3


def test_a_head_without_weights_leaves_them_null(daf, embeddings, make_head, tmp_path):
    assert daf("score", embeddings=embeddings, head=make_head("concat"), out=tmp_path).status == 0
    scores = read_all(scores_output(str(tmp_path)))
    assert len(scores) == 72
    for name in ("text_weight", "audio_weight", "text_sentiment", "audio_sentiment"):
        assert scores[name].null_count == len(scores)


def test_a_corpus_of_text_alone_trains_and_scores(daf, encoders, tmp_path):
    table = write_table(tmp_path / "words.csv", labelled_rows(tmp_path, 24, audio=False))
    steps = [
        daf("ingest", table, out=tmp_path / "manifest"),
        daf(
            "embed",
            manifest=tmp_path / "manifest",
            out=tmp_path / "embeddings",
            text_encoder=encoders.text,
            audio_encoder="descriptors",
            local=True,
        ),
        daf("train", embeddings=tmp_path / "embeddings", out=tmp_path / "head", epochs=1),
        daf(
            "score",
            embeddings=tmp_path / "embeddings",
            head=tmp_path / "head",
            out=tmp_path / "scores",
            local=True,
        ),
    ]
    assert [ended for ended in steps if ended.status] == []
    assert json.loads((tmp_path / "head" / "head.json").read_text())["streams"] == {"text": [3, 32]}
    scores = read_all(scores_output(str(tmp_path / "scores")))
    assert scores["text_weight"].to_pylist() == [1] * 72
    assert scores["audio_weight"].to_pylist() == [0] * 72
    assert scores["audio_sentiment"].null_count == 72
