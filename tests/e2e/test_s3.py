"""An archive on an object store: recordings, manifest, embeddings, head and scores on s3://."""

import socket

import fsspec
import s3fs

from daf_core import runs, tables
from tests.e2e.corpus import labelled_rows, write_table


def test_from_recordings_to_report_on_s3(daf, bucket, encoders, make_head, tmp_path):
    write_table(tmp_path / "calls.csv", labelled_rows(tmp_path, 6))
    store = fsspec.filesystem("s3")
    store.put(f"{tmp_path}/", "archive/calls/", recursive=True)
    manifest, embeddings, scores = (f"{bucket}/{name}" for name in ("manifest", "emb", "scores"))
    head = make_head(folder=f"{bucket}/untrained")
    score = {"manifest": manifest, "head": head, "out": scores, "actors": 1}
    steps = [
        daf("ingest", f"{bucket}/calls/calls.csv", out=manifest, part_minutes=0.1),
        daf(
            "embed",
            manifest=manifest,
            out=embeddings,
            text_encoder=encoders.text,
            audio_encoder=encoders.audio,
            actors=1,
        ),
        daf("score", **score),
        daf("verify", manifest=manifest, scores=scores),
        daf("report", scores=scores, out=f"{bucket}/report.html"),
    ]
    assert [ended for ended in steps if ended.status] == []
    assert steps[-2].summary.startswith("18 rows in, 18 scored, 0 quarantined")
    assert store.exists("archive/report.html")

    parts = runs.scores_output(scores).parts_uri
    whole = {name: tables.read_bytes(tables.join(parts, name)) for name in tables.list_parts(parts)}
    tables.delete(tables.join(parts, "part-00001.parquet"))
    assert daf("verify", manifest=manifest, scores=scores).status == 1
    assert "2 parts were done before" in daf("score", **score).summary
    again = {name: tables.read_bytes(tables.join(parts, name)) for name in tables.list_parts(parts)}
    assert again == whole

    stored = daf("score", embeddings=embeddings, head=head, out=f"{bucket}/stored")
    assert stored.status == 0, stored
    parts = f"{bucket}/stored/scores"
    assert {name: tables.read_bytes(tables.join(parts, name)) for name in again} == whole


def test_without_credentials_it_is_one_line(daf, bucket, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    ended = daf("verify", manifest=f"{bucket}/manifest", scores=tmp_path)
    s3fs.S3FileSystem.clear_instance_cache()
    assert (ended.status, ended.complaint) == (1, "daf: Unable to locate credentials\n")


def test_what_is_not_there_is_one_line(daf, bucket, manifest, make_head):
    missing = daf("score", manifest="s3://nowhere/manifest", head=make_head(), out=f"{bucket}/x")
    assert missing.status == 2
    assert missing.complaint == (
        "daf: s3://nowhere/manifest: expected the manifest of a daf run, found no _run.json\n"
    )
    unwritable = daf("score", manifest=manifest, head=make_head(), out="s3://nowhere/scores")
    assert unwritable.status == 1
    assert unwritable.complaint.startswith("daf: s3://nowhere/scores/run.json: cannot be written")
    assert unwritable.complaint.count("\n") == 1


def test_an_endpoint_where_nobody_answers_is_told_before_any_work(daf, monkeypatch, tmp_path):
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        ended = daf("verify", manifest="s3://archive/manifest", scores=tmp_path)
    assert ended.status == 1
    assert ended.complaint.startswith("daf: s3://archive/manifest: its store does not answer: ")
    assert ended.complaint.count("\n") == 1
