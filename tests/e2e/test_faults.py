"""Processes that die, parts that kill, runs that go wrong: what is left is whole."""

import json
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from daf_core.manifest.parts import PendingRecording, pack, publish
from daf_core.storage import part_index, run_record
from daf_core.storage.output import manifest_output
from tests.e2e.conftest import part_bytes
from tests.e2e.corpus import labelled_rows


def write_manifest(
    folder: Path, name: str, uris: dict[int, str], speaker: str | None = None
) -> str:
    """Eight recordings of one row and one part each, with a speaker two to a part; `uris` replaces
    some recordings' audio.
    """
    output = manifest_output(str(folder / name))
    recordings = []
    labelled_rows(folder, 8)
    for number in range(8):
        row = {
            "utterance_id": f"u{number}",
            "recording_id": f"r{number}",
            "audio_uri": uris.get(number, f"{folder}/{number:02}.wav"),
            "channel": None,
            "start_s": 0.0,
            "end_s": 3.0,
            "speaker": speaker,
            "role": None,
            "text": None,
            "label": None,
            "split": None,
            "meta": {},
        }
        recordings.append(PendingRecording(f"r{number}", "", [row], []))
    parts = [publish(output, part, lambda: None) for part in pack(recordings, part_s=3.5)]
    identity = {"source": "test"}  # the same of all, so that parts of two can be compared
    made = [part for part in parts if part is not None]
    part_index.write(output.index_uri, made, run_record.fingerprint(identity))
    run_record.finish(output, identity, {"parts": len(made), "roots": [str(folder)]})
    return output.root


@pytest.fixture
def score(daf, make_head, tmp_path):
    def run(manifest, out="scores", **options):
        options = {"head": make_head(), "actors": 1, "allow_root": "memory://"} | options
        return daf("score", manifest=manifest, out=tmp_path / out, **options)

    return run


def quarantined(scores: Path) -> list[tuple[str, str]]:
    rows = pq.read_table(scores / "quarantine").to_pylist()
    return [(row["utterance_id"], row["reason"]) for row in rows]


@pytest.mark.parametrize("actors", [1, 2])
def test_parts_that_kill_are_scored_or_poison_and_the_rest_is_as_ever(daf, score, tmp_path, actors):
    """Three kills and a part is given up; after one or two it is scored. Two actors take all cores,
    and decode and publish themselves.
    """
    killing = {1: f"memory://{tmp_path}/01.wav?1", 2: f"memory://{tmp_path}/02.wav?2"}
    poison = {3: f"memory://{tmp_path}/03.wav"}
    manifest = write_manifest(tmp_path, "manifest", killing | poison)
    ended = score(manifest, actors=actors)
    assert ended.summary.startswith("8 rows in, 7 scored, 1 quarantined"), ended
    assert quarantined(tmp_path / "scores") == [("u3", "poison")]
    assert [(tmp_path / f"0{n}.wav.kills").stat().st_size for n in (1, 2, 3)] == [1, 2, 3]
    assert daf("verify", manifest=manifest, scores=tmp_path / "scores").status == 0
    assert json.loads((tmp_path / "scores/run.json").read_text())["reasons"] == {"poison": 1}

    score(write_manifest(tmp_path, "without", killing), out="calm", local=True)
    disturbed, calm = part_bytes(tmp_path / "scores"), part_bytes(tmp_path / "calm")
    differing = {name for name in calm if calm[name] != disturbed[name]}
    part = "part-00003.parquet"
    of_calls = {"index/calls.parquet", "index/listed.parquet", f"calls/{part}", f"speakers/{part}"}
    of_scores = {"index/parts.parquet", f"scores/{part}", f"quarantine/{part}"}
    assert differing == of_scores | of_calls


def test_a_run_going_wrong_stops_and_what_is_mended_is_scored(daf, score, tmp_path):
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    for path in (good, bad):
        path.write_text("no audio")
    manifest = write_manifest(tmp_path, "manifest", {1: str(good), 3: str(good), 5: str(bad)})
    score = partial(score, local=True)
    stopped = score(manifest, max_error_rate=0.2)
    assert stopped.status == 3
    assert "3 of 8 rows are quarantined, more than --max-error-rate 0.2 allows" in stopped.complaint
    assert "unreadable_audio 3" in stopped.complaint
    assert "8 parts were done before" in score(manifest).summary

    scores = tmp_path / "scores"
    untouched = (scores / "scores/part-00000.parquet").stat().st_mtime_ns
    good.write_bytes((tmp_path / "01.wav").read_bytes())
    ended = score(manifest, retry="unreadable_audio")
    assert ended.summary.startswith("8 rows in, 7 scored, 1 quarantined"), ended
    assert ended.summary.endswith("5 parts were done before")
    assert quarantined(scores) == [("u5", "unreadable_audio")]
    assert daf("verify", manifest=manifest, scores=scores).status == 0
    assert (scores / "scores/part-00000.parquet").stat().st_mtime_ns == untouched
    assert "8 parts were done before" in score(manifest, retry="poison").summary
    unknown = score(manifest, retry="poison,bad luck")
    assert unknown.status == 2
    assert "--retry bad luck: expected one of" in unknown.complaint


def test_what_is_mended_counts_for_its_voice(daf, score, make_head, tmp_path):
    score = partial(score, local=True)
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    manifest = write_manifest(tmp_path, "manifest", {1: str(bad)}, speaker="ann")
    head = make_head("audio", relative=True)
    assert score(manifest, head=head).summary.startswith("8 rows in, 7 scored, 1 quarantined")
    bad.write_bytes((tmp_path / "01.wav").read_bytes())
    ended = score(manifest, head=head, retry="unreadable_audio")
    assert ended.summary.startswith("8 rows in, 8 scored, 0 quarantined"), ended
    score(manifest, out="whole", head=head)
    mended, whole = (pq.read_table(tmp_path / out / "scores") for out in ("scores", "whole"))
    assert len(whole) == 8
    assert mended == whole
