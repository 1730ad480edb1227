"""An archive on an object store: recordings, manifest, embeddings, head and scores on s3://."""

import socket

import boto3
import fsspec
import moto.settings
import pyarrow.parquet as pq
import pytest
import s3fs

from daf_core.errors import BadInput, NotDone
from daf_core.recordings.audio import open_recording
from daf_core.storage import files, parquet
from daf_core.storage.output import scores_output
from tests.e2e.corpus import labelled_rows, write_table


def test_from_recordings_to_report_on_s3(daf, bucket, encoders, make_head, tmp_path):
    write_table(tmp_path / "calls.csv", labelled_rows(tmp_path, 6))
    store = fsspec.filesystem("s3")
    store.put(f"{tmp_path}/", "archive/calls/", recursive=True)
    manifest, embeddings, scores = (f"{bucket}/{name}" for name in ("manifest", "emb", "scores"))
    head = make_head(folder=f"{bucket}/untrained")
    score = {"manifest": manifest, "head": head, "out": scores}
    steps = [
        daf("ingest", f"{bucket}/calls/calls.csv", out=manifest, part_minutes=0.1),
        daf(
            "embed",
            manifest=manifest,
            out=embeddings,
            text_encoder=encoders.text,
            audio_encoder=encoders.audio,
            local=True,
        ),
        daf("score", **score, actors=1),
        daf("verify", manifest=manifest, scores=scores),
        daf("report", scores=scores, out=f"{bucket}/report.html"),
    ]
    assert [ended for ended in steps if ended.status] == []
    assert steps[-2].summary.startswith("18 rows in, 18 scored, 0 quarantined")
    assert store.exists("archive/report.html")

    parts = scores_output(scores).parts_uri
    whole = {name: files.read_bytes(files.join(parts, name)) for name in parquet.list_parts(parts)}
    files.delete(files.join(parts, "part-00001.parquet"))
    assert daf("verify", manifest=manifest, scores=scores).status == 1
    assert "2 parts were done before" in daf("score", **score, local=True).summary
    again = {name: files.read_bytes(files.join(parts, name)) for name in parquet.list_parts(parts)}
    assert again == whole

    stored = daf("score", embeddings=embeddings, head=head, out=f"{bucket}/stored")
    assert stored.status == 0, stored
    parts = f"{bucket}/stored/scores"
    assert {name: files.read_bytes(files.join(parts, name)) for name in again} == whole


@pytest.fixture
def other_credentials(monkeypatch):
    """Set what the environment says of credentials, None: nothing."""

    def set_(key, secret):
        for name, value in (("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", secret)):
            if value is None:
                monkeypatch.delenv(name)
            else:
                monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield set_
    s3fs.S3FileSystem.clear_instance_cache()


def test_without_credentials_it_is_one_line(daf, bucket, other_credentials, tmp_path):
    other_credentials(None, None)
    ended = daf("verify", manifest=f"{bucket}/manifest", scores=tmp_path)
    assert ended.status == 2
    assert ended.complaint == (
        "daf: s3://archive/manifest: its store needs credentials: Unable to locate credentials; "
        "set them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in ~/.aws or by the "
        "machine's role\n"
    )


def test_wrong_credentials_are_one_line_without_them(
    daf, bucket, other_credentials, monkeypatch, tmp_path
):
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)  # now it looks at them
    other_credentials("AKIAOTHER", "no-such-secret")
    ended = daf("verify", manifest=f"{bucket}/manifest", scores=tmp_path)
    assert ended.status == 2
    assert ended.complaint.startswith(
        "daf: s3://archive/manifest: its store refuses the credentials: The AWS Access Key Id"
    )
    assert ended.complaint.count("\n") == 1
    assert "no-such-secret" not in ended.complaint


def test_a_recording_that_may_not_be_read_is_not_one_whose_store_refuses_us(
    bucket, other_credentials, monkeypatch
):
    uri = f"{bucket}/secret.wav"
    files.publish(uri, b"RIFF")
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    other_credentials("AKIAOTHER", "no-such-secret")
    with pytest.raises(NotDone, match=r"secret\.wav: its store refuses the credentials: The"):
        open_recording(uri)
    user = {"UserName": "auditor"}
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", float("inf"))
    iam = boto3.client("iam")
    iam.create_user(**user)
    key = iam.create_access_key(**user)["AccessKey"]
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    other_credentials(key["AccessKeyId"], key["SecretAccessKey"])
    with pytest.raises(BadInput, match=r"secret\.wav: expected permission to read it"):
        open_recording(uri)


ODD_KEYS = [
    "a//b", "/lead", "a b", " s ", "50%", "%41", "x#y", "q?z", "p+q", "ü", "s::t", "[x]", "d/../e",
]  # fmt: skip


def test_an_archived_object_and_odd_keys_stop_nothing(daf, bucket, make_head, tmp_path):
    """Keys are used as they are; an object in the archive is told, and scored when it is back."""
    store = boto3.client("s3")
    labelled_rows(tmp_path, 1)
    speech = (tmp_path / "00.wav").read_bytes()
    cue = b"WEBVTT\n\n00:00:00.500 --> 00:00:02.500\nhello\n"

    def put(name, body, kind="STANDARD"):
        store.put_object(Bucket="archive", Key=f"odd/{name}", Body=body, StorageClass=kind)

    for name in [*ODD_KEYS, "cold"]:
        put(f"{name}.vtt", cue)
        put(f"{name}.wav", speech, "GLACIER" if name == "cold" else "STANDARD")
    put("frozen.wav", speech, "DEEP_ARCHIVE")  # without a transcript there is nothing to keep
    manifest, out = tmp_path / "manifest", tmp_path / "scores"
    ingested = daf("ingest", f"{bucket}/odd", out=manifest)
    assert ingested.status == 0, ingested
    assert f"{len(ODD_KEYS) + 1} in the manifest, 1 quarantined (unreadable_audio 1" in (
        ingested.summary
    )
    rows = pq.read_table(manifest / "manifest").to_pylist()
    assert {row["audio_uri"] for row in rows} == {
        f"{bucket}/odd/{name}.wav" for name in [*ODD_KEYS, "cold"]
    }
    flagged = {row["recording_id"]: row["flags"] for row in rows if row["flags"]}
    assert flagged == {"cold": ["unreadable_audio"]}
    score = {"manifest": manifest, "head": make_head(), "out": out, "local": True}
    strict = daf("score", **score, strict=True)
    assert strict.status == 1
    assert "0 quarantined, 1 of 14 rows has no audio (unreadable_audio 1)" in strict.summary
    assert strict.complaint.endswith(
        "daf: --strict: expected every row and file with all that it came with, found rows flagged "
        "unreadable_audio 1; everything else is done\n"
    )
    page = tmp_path / "report.html"
    assert daf("report", scores=out, out=page).status == 0
    assert "of 14 utterances 1 has no audio" in page.read_text()
    assert "frozen.wav: expected a recording that can be read" in page.read_text()
    put("cold.wav", speech)
    whole = daf("score", **score, retry="unreadable_audio", strict=True)
    assert whole.status == 0, whole
    assert "14 rows in, 14 scored, 0 quarantined, " in whole.summary
    assert "no audio" not in whole.summary


@pytest.mark.parametrize("key", ["trail.wav/", "trail.wav//", "/trail.wav", "dots/./../a.wav"])
def test_any_key_can_be_opened(bucket, tmp_path, key):
    labelled_rows(tmp_path, 1)
    speech = (tmp_path / "00.wav").read_bytes()
    boto3.client("s3").put_object(Bucket="archive", Key=key, Body=speech)
    with open_recording(f"{bucket}/{key}") as recording:
        assert recording.duration_s == 3.0


def test_what_is_not_there_is_one_line(daf, bucket, manifest, make_head):
    missing = daf("score", manifest=f"{bucket}/none", head=make_head(), out=f"{bucket}/x")
    assert missing.status == 2
    assert missing.complaint == (
        "daf: s3://archive/none: expected the manifest of a daf run, found no such folder\n"
    )
    said = {
        "nowhere": "s3://nowhere/scores: its store has no bucket 'nowhere'; create it",
        "no where": "--out s3://no where/scores: expected the name of a bucket, found none that",
    }
    for name, line in said.items():
        ended = daf("score", manifest=manifest, head=make_head(), out=f"s3://{name}/scores")
        assert ended.status == 2
        assert ended.complaint.startswith(f"daf: {line}")


def test_an_endpoint_where_nobody_answers_is_told_before_any_work(daf, monkeypatch, tmp_path):
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        ended = daf("verify", manifest="s3://archive/manifest", scores=tmp_path)
    assert ended.status == 1
    assert ended.complaint.startswith("daf: s3://archive/manifest: its store does not answer: ")
    assert ended.complaint.count("\n") == 1
