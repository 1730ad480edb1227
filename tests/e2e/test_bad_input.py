"""What cannot be used: a bad row is quarantined with its reason, a bad setting is one line."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daf_core.schemas import VERSION
from daf_core.storage import parquet
from daf_core.weights.specs import EncoderSpec
from tests.e2e.corpus import RATE_HZ, write_hum


@pytest.fixture(scope="module")
def odd_folder(tmp_path_factory):
    """Good recordings among files that are not what they seem."""
    folder = tmp_path_factory.mktemp("odd")
    cue = "WEBVTT\n\n00:00.500 --> 00:01.500\na b\n"
    for name in ("good", "vanishes", "breaks"):
        write_hum(folder / f"{name}.wav", 150)
        (folder / f"{name}.vtt").write_text(cue)
    (folder / "text.wav").write_text("this is a text\n" * 40)
    (folder / "empty.wav").touch()
    soundfile.write(folder / "no-samples.wav", np.zeros(0), RATE_HZ)
    write_hum(folder / "no-cues.wav", 150)
    (folder / "no-cues.vtt").write_text("WEBVTT\n")
    (folder / "no-audio.vtt").write_text(cue)
    (folder / "unreadable.vtt").write_bytes(b"\xff\xfe\xfa\x00garbage")
    (folder / "unreadable-audio.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEjunk" * 9)
    (folder / "unreadable-audio.vtt").write_text(cue)
    return folder


def test_bad_files_are_quarantined_and_the_rest_is_scored(daf, odd_folder, make_head, tmp_path):
    manifest, scores = tmp_path / "manifest", tmp_path / "scores"
    ingested = daf("ingest", odd_folder, out=manifest)
    assert ingested.status == 0, ingested
    refused = parquet.read(f"{manifest}/quarantine/part-00000.parquet", "quarantine")[0]
    reasons = {
        Path(row["file"] or row["audio_uri"]).name: row["reason"] for row in refused.to_pylist()
    }
    assert reasons == {
        "text.wav": "unreadable_audio",
        "empty.wav": "empty_audio",
        "no-samples.wav": "empty_audio",
        "no-cues.vtt": "no_cues",
        "no-cues.wav": "no_speech",  # words were to be cut by voice, and there is none
        "unreadable.vtt": "bad_encoding",
    }
    assert "6 quarantined (empty_audio 2, bad_encoding 1, no_cues 1" in ingested.lines[0]
    (odd_folder / "vanishes.wav").unlink()
    (odd_folder / "breaks.wav").write_bytes(b"RIFF")
    scored = daf("score", manifest=manifest, head=make_head(), out=scores, local=True)
    assert scored.summary.startswith("5 rows in, 5 scored, 0 quarantined")
    rows = parquet.read(f"{scores}/scores/part-00000.parquet", "scores")[0].to_pylist()
    assert {row["recording_id"]: row["flags"] for row in rows} == {
        "good": ["tone"],  # it hums
        "no-audio": ["no_audio"],
        "vanishes": ["no_audio", "missing_audio"],
        "breaks": ["no_audio", "unreadable_audio"],
        "unreadable-audio": ["no_audio", "unreadable_audio"],
    }
    assert daf("verify", manifest=manifest, scores=scores).status == 0

    alone = daf("score", manifest=manifest, head=make_head("audio"), out=tmp_path / "a", local=True)
    assert alone.summary.startswith("5 rows in, 1 scored, 4 quarantined")
    quarantine = parquet.read(f"{tmp_path}/a/quarantine/part-00000.parquet", "quarantine")[0]
    assert Counter(quarantine["reason"].to_pylist()) == {"unused_modality": 4}
    assert daf("verify", manifest=manifest, scores=tmp_path / "a").status == 0


def one_line(ended, status, *words):
    """That the command ended with `status` and one line that has these words."""
    assert ended.status == status, ended
    ours = [line for line in ended.complaint.splitlines() if line.startswith("daf: ")]
    assert ended.complaint == f"{ours[0]}\n", ended.complaint
    for word in words:
        assert word in ours[0]


def changed_record(folder: str, copy: Path, **changes: object) -> Path:
    """A copy of a manifest whose record says something else."""
    shutil.copytree(folder, copy)
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**record, **changes}))
    return copy


def test_settings_are_refused_before_any_work(daf, manifest, embeddings, make_head, tmp_path):
    head, out = make_head(), tmp_path / "out"
    one_line(
        daf("score", head=head, out=out),
        2,
        "--embeddings, found none",
    )
    both = daf("score", manifest=manifest, embeddings=embeddings, head=head, out=out)
    one_line(both, 2, "found --manifest and --embeddings")
    one_line(
        daf("score", manifest=manifest, head=head, out=out, actors="4,1"), 2, "--actors 4,1", "1,4"
    )
    one_line(
        daf("score", manifest=manifest, head=tmp_path / "none", out=out), 2, "found no head.json"
    )
    one_line(daf("score", manifest=head, head=head, out=out), 2, head, "expected the manifest")
    one_line(
        daf("embed", manifest=manifest, out=out, text_encoder="no/such", offline=True),
        2,
        "encoder no/such",
    )
    one_line(daf("ingest", tmp_path / "nothing", out=out), 2, "nothing")
    older = changed_record(manifest, tmp_path / "older", version=0)
    one_line(daf("embed", manifest=older, out=out), 2, "version 0", f"version {VERSION}")
    unfinished = changed_record(manifest, tmp_path / "unfinished", complete=False)
    one_line(daf("score", manifest=unfinished, head=head, out=out), 2, "not finished")
    assert not out.exists()


def test_a_head_that_does_not_fit_is_refused(daf, manifest, embeddings, make_head, tmp_path):
    """By its encoders where embeddings are stored; on a worker of Ray where only loading tells."""
    stranger = make_head(encoders={"text": EncoderSpec("other/one", "1", "0" * 64)})
    refused = daf("score", embeddings=embeddings, head=stranger, out=tmp_path / "1")
    one_line(refused, 2, "expected text embeddings by other/one", "found", "bert")
    misshapen = make_head(streams={"text": (4, 32)})
    refused = daf("score", manifest=manifest, head=misshapen, out=tmp_path / "2", actors=1)
    one_line(refused, 2, "the head was trained on layers × features", "(4, 32)", "(3, 32)")


def test_an_error_in_a_worker_is_one_line_too(daf, manifest, make_head, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(manifest, broken)
    (broken / "manifest/part-00003.parquet").write_bytes(b"no Parquet")
    refused = daf("score", manifest=broken, head=make_head(), out=tmp_path / "1", local=True)
    one_line(refused, 2, "broken/manifest/part-00003.parquet: expected a manifest table")


def test_a_place_that_cannot_be_written_is_one_line(daf, manifest, make_head, tmp_path):
    (tmp_path / "file").touch()
    ended = daf("score", manifest=manifest, head=make_head(), out=tmp_path / "file" / "scores")
    one_line(ended, 1, "file/scores", "cannot be written")


def test_verify_wants_scores(daf, manifest, tmp_path):
    one_line(daf("verify", manifest=manifest, scores=tmp_path), 2, "found no run.json")
