"""The whole path over several parts: manifest → embed → train → score → verify → report, with
nothing but lines of ours on the terminal.
"""

import json
import re
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray.data

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES, embeddings_schema
from daf_core.storage.call_columns import CALLS, SPEAKERS
from daf_core.storage.output import (
    Output,
    calls_output,
    embeddings_output,
    manifest_output,
    scores_output,
    speakers_output,
)
from tests.e2e.conftest import Ended, start
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


PROGRESS = re.compile(r"(embedded|scored|trials|ingest|predicted): .*|training .* …")


def ended(job):
    """How a command of a process of its own, whose Ray nobody has set up, ended."""
    said, complaint = (one.decode() for one in job.communicate(timeout=250))
    return Ended(job.returncode, said.splitlines(), complaint)


def test_all_the_way(daf, mixed, encoders, tmp_path):
    manifest, embeddings, head = tmp_path / "manifest", tmp_path / "embeddings", tmp_path / "head"
    streamed, stored = tmp_path / "streamed", tmp_path / "stored"
    how = {"embeddings": embeddings, "epochs": 2, "width": 8, "batch_rows": 16}
    compared = {"heads": "daf", "baseline": "daf", "seeds": 1}  # more in test_evaluate.py
    two = f"{encoders.audio},descriptors"
    read = {"text_encoder": encoders.text, "audio_encoder": two, "actors": 1}
    steps = {
        "ingest": daf("ingest", mixed, out=manifest, part_minutes=0.1),
        "embed": daf("embed", manifest=manifest, out=embeddings, **read),
    }
    # Processes start, and load torch or Ray, beside commands of this one. Ray Train: test_train.py.
    train = start("train", stderr=subprocess.PIPE, out=head, local=True, **how)
    steps["evaluate"] = daf("evaluate", out=tmp_path / "e", **compared, **how)
    steps["train"] = ended(train)
    scoring = {"manifest": manifest, "head": head, "out": streamed, "actors": 1}
    score = start("score", stderr=subprocess.PIPE, **scoring)
    steps["score stored"] = daf("score", embeddings=embeddings, head=head, out=stored)
    steps["verify stored"] = daf("verify", manifest=manifest, scores=stored)
    steps["report stored"] = daf("report", scores=stored, out=tmp_path / "report.html")
    steps["score"] = ended(score)
    for name, step in steps.items():
        said = [line for line in step.complaint.splitlines() if not PROGRESS.fullmatch(line)]
        assert (step.status, said) == (0, []), name
    for name in ("embed", "score", "score stored", "verify stored"):
        assert steps[name].summary.startswith("75 rows in, 75 "), name
    _, called, verified, *known, page = steps["score"].lines
    assert called.endswith(f"; `daf calls {streamed}` lists them")
    assert verified == "verified: every manifest row is either scored or quarantined, once"
    assert known[0].startswith("how well: ")
    assert all(line.startswith("warning: ") for line in known[1:])
    assert page == f"report: {streamed}/report.html"
    assert steps["report stored"].lines[:-1] == known
    rows = "36 train, 18 validation, 18 test rows"
    assert steps["train"].summary.startswith(f"{rows}, best epoch")
    assert steps["evaluate"].summary.startswith(f"1 trial on {rows}")

    expected = {
        manifest_output(str(manifest)): MANIFEST,
        embeddings_output(str(embeddings)): embeddings_schema(
            {"text": 3 * 32, "audio": 3 * 64, "audio_2": 57}
        ),
        scores_output(str(streamed)): SCORES,
        calls_output(str(streamed)): CALLS,
        speakers_output(str(streamed)): SPEAKERS,
    }
    for output, schema in expected.items():
        assert len(output.part_names()) > 10
        rows = read_all(output)
        assert rows.schema.remove_metadata() == schema
        assert ray.data.read_parquet(output.parts_uri).count() == len(rows)
    quarantine = scores_output(str(streamed)).read_quarantine("part-00000.parquet")
    assert quarantine.schema.remove_metadata() == QUARANTINE

    scores = read_all(scores_output(str(streamed)))
    for output in (scores_output, calls_output, speakers_output):
        assert read_all(output(str(streamed))).equals(read_all(output(str(stored))))
    assert scores["utterance_id"].to_pylist() == (
        read_all(manifest_output(str(manifest)))["utterance_id"].to_pylist()
    )
    check_weights(scores)
    assert json.loads((streamed / "run.json").read_text())["complete"] is True
    for page in (streamed / "report.html", tmp_path / "report.html"):
        assert "<html" in page.read_text()
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


def test_a_corpus_of_text_alone_trains_and_scores(daf, encoders, make_head, tmp_path):
    table = write_table(tmp_path / "words.csv", labelled_rows(tmp_path, 24, audio=False))
    embeddings, scores = tmp_path / "embeddings", tmp_path / "scores"
    how = {"heads": "daf", "baseline": "daf", "seeds": 1, "epochs": 1}
    steps = [
        daf("ingest", table, out=tmp_path / "manifest"),
        daf(
            "embed",
            manifest=tmp_path / "manifest",
            out=embeddings,
            text_encoder=encoders.text,
            audio_encoder="descriptors",
            local=True,
        ),
        daf("evaluate", embeddings=embeddings, out=tmp_path / "heads", **how),
        daf("score", embeddings=embeddings, head=make_head(used=["text"]), out=scores, local=True),
    ]
    assert [ended for ended in steps if ended.status] == []
    for rows in (pq.read_table(tmp_path / "heads" / "trials"), pq.read_table(scores / "scores")):
        assert set(rows["text_weight"].to_pylist()) == {1}
        assert set(rows["audio_weight"].to_pylist()) == {0}
    assert len(rows) == rows["audio_sentiment"].null_count == 72
