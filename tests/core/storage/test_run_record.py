"""A run continues if its identity is the same, else it is refused; it touches only its files."""

import dataclasses
import json
import os
import time
from pathlib import Path

import pyarrow as pa
import pytest

from daf_core.errors import SettingsError
from daf_core.schemas import QUARANTINE
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.differences import differences
from daf_core.storage.output import scores_output

IDENTITY = {"manifest": "abc", "precision": "float32"}


@pytest.fixture
def output(tmp_path):
    return scores_output(str(tmp_path / "scores"))


def publish_part(output, number):
    table = pa.table({name: pa.array([], pa.string()) for name in QUARANTINE.names})
    for uri, data in output.encoded(parquet.part_name(number), table, table, {}):
        files.publish(uri, data)


def test_the_same_run_continues_where_parts_are_missing(output):
    assert run_record.begin(output, IDENTITY, fresh=False) == set()
    publish_part(output, 1)
    assert run_record.begin(output, IDENTITY, fresh=False) == {"part-00001.parquet"}
    assert run_record.read_if_complete(output) is None
    run_record.finish(output, IDENTITY, {"rows_in": 3})
    record = run_record.read_complete(output)
    assert record.facts["rows_in"] == 3
    assert record.fingerprint == run_record.fingerprint(IDENTITY)


def test_another_run_is_refused_with_what_differs_and_fresh_starts_over(output, tmp_path):
    run_record.begin(output, IDENTITY, fresh=False)
    publish_part(output, 0)
    (tmp_path / "scores" / "notes.txt").write_text("mine")
    other = {**IDENTITY, "precision": "bfloat16"}
    with pytest.raises(SettingsError, match=r'precision was "float32", is "bfloat16".*`fresh`'):
        run_record.begin(output, other, fresh=False)
    newer = {**IDENTITY, "frames": None}  # a setting that the older run did not have
    with pytest.raises(SettingsError, match=r"differs: frames was not recorded, is not given;"):
        run_record.begin(output, newer, fresh=False)
    deep = {**IDENTITY, "head": {"a": {"b": 1, "c": 2, "d": 3}, "sum": "x", "same": 0}}
    earlier = {**IDENTITY, "head": {"a": {"b": 4, "c": 5, "e": 6}, "sum": "y", "same": 0}}
    assert differences(earlier, deep) == (
        'head.sum was "y", is "x", head.a.b was 4, is 1, head.a.c was 5, is 2, and 2 more places'
    )
    assert run_record.begin(output, other, fresh=True) == set()
    assert parquet.list_parts(output.quarantine_uri) == []
    assert (tmp_path / "scores" / "notes.txt").read_text() == "mine"


def test_files_that_dead_processes_left_half_written_are_swept(output):
    run_record.begin(output, IDENTITY, fresh=False)
    publish_part(output, 0)
    names = {f".part-0000{n}.parquet.{'0' * 32}.tmp": hours for n, hours in enumerate([2, 0])}
    others = {".notes.tmp": 2, ".part-00002.parquet.tmp": 2}
    now = time.time()
    for name, hours in {**names, **others}.items():
        path = Path(output.parts_uri, name)
        path.touch()
        os.utime(path, (now - 3600 * hours, now - 3600 * hours))
    run_record.begin(output, IDENTITY, fresh=False)
    left = {path.name for path in Path(output.parts_uri).iterdir()}
    assert left == {"part-00000.parquet", list(names)[1], *others}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    ("name", "record", "found"),
    [
        ("run.json", {"kind": "manifest"}, "manifest"),
        ("head.json", {"head": "daf"}, "head"),
        ("_run.json", {"kind": "scores"}, "scores of an older daf"),
        ("run.json", {"name": "of another program"}, "something else"),
    ],
)
def test_an_output_of_another_kind_is_refused_and_left_alone(output, name, record, found, fresh):
    path = Path(output.root, name)
    path.parent.mkdir()
    path.write_text(json.dumps(record))
    with pytest.raises(SettingsError, match=f"expected an empty folder or scores, found {found};"):
        run_record.begin(output, IDENTITY, fresh=fresh)
    assert json.loads(path.read_text()) == record
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("fresh", [False, True])
def test_parts_without_a_run_record_are_left_alone(output, fresh):
    publish_part(output, 0)
    with pytest.raises(SettingsError, match=r"found 1 part and no run\.json"):
        run_record.begin(output, IDENTITY, fresh=fresh)
    assert parquet.list_parts(output.parts_uri) == ["part-00000.parquet"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"complete": False}, "found one that is not finished"),
        ({"version": 0}, "expected scores of version 3, found version 0"),
        ({"kind": "embeddings"}, "expected the scores of a daf run, found embeddings"),
    ],
)
def test_a_run_that_cannot_be_read_is_refused_by_name(output, change, message):
    run_record.finish(output, IDENTITY, {})
    finished = run_record.read_complete(output)
    run_record.write(output, dataclasses.replace(finished, **change))
    with pytest.raises(SettingsError, match=message):
        run_record.read_complete(output)


def test_a_folder_without_a_run_is_refused(output):
    with pytest.raises(SettingsError, match="expected the scores of a daf run"):
        run_record.read_complete(output)


def test_the_folder_that_may_have_been_meant_is_named(output, tmp_path):
    run_record.begin(output, IDENTITY, fresh=False)
    above, nowhere = scores_output(str(tmp_path)), scores_output(str(tmp_path / "nowhere"))
    inside = Path(output.root).rename(tmp_path / "scores")
    with pytest.raises(SettingsError, match=rf"found no run\.json; {inside} holds one"):
        run_record.read_complete(above)
    with pytest.raises(SettingsError, match=r"nowhere: expected .*, found no such folder"):
        run_record.read_complete(nowhere)


HEAD = {"sha256": "a" * 64, "kind": "daf"}
ENCODER = {"name": "whisper", "revision": "1f", "sha256": "a" * 64}
ONE, OTHER = "65cf03e4258c689b", "7d693bfa8f1b757a"


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ({"head": HEAD}, {"head": HEAD | {"sha256": "b" * 64}}, "head has other weights"),
        (
            {"head": HEAD},
            {"head": HEAD | {"calibrations": 1}},
            "head has the same weights, and differs in calibrations",
        ),
        (
            {"encoders": {"audio": ENCODER}},
            {"encoders": {"audio": ENCODER | {"name": "wavlm", "sha256": "b" * 64}}},
            "encoders.audio was whisper, is wavlm",
        ),
        (
            {"encoders": {"audio": ENCODER}},
            {"encoders": {"audio": ENCODER | {"sha256": "b" * 64}, "text": ENCODER}},
            "encoders.audio whisper has other weights, encoders.text was not given, is whisper",
        ),
        ({"manifest": ONE}, {"manifest": OTHER}, "it was made of another manifest"),
        ({"also": [ONE]}, {"also": [OTHER]}, "other embeddings joined the training (`also`)"),
        ({"labels": ONE}, {"labels": OTHER}, "the labels are others"),
        ({"labels": "a.csv"}, {"labels": None}, 'labels was "a.csv", is not given'),
        ({}, {"hash_ids": ONE}, "hash_ids was not given, is given"),
        ({"hash_ids": ONE}, {"hash_ids": OTHER}, "`hash_ids` had another salt"),
        ({"redact": 3}, {}, "redact was given, is not given"),
        (
            {"speakers": ["auto", "a" * 64]},
            {"speakers": ["2", "a" * 64]},
            "speakers was auto, is 2",
        ),
        ({"of a new daf": ONE}, {"of a new daf": OTHER}, "of a new daf is another"),
        ({}, {"head_version": 9}, "another version of daf trained its heads"),
        ({"head_version": 8}, {"head_version": 9}, "another version of daf trained its heads"),
    ],
)
def test_a_difference_is_told_in_words_and_no_sum_is_shown(was, now, said):
    assert differences(was, now) == said


@pytest.mark.parametrize("content", [b"{", b'{"a": ' + b"[" * 100_000, b"\xff"])
def test_a_damaged_record_is_named(output, content):
    files.publish(output.record_uri, content)
    with pytest.raises(SettingsError, match=r"run\.json: expected JSON"):
        run_record.read_complete(output)


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", 1), ("version", "3"), ("identity", []), ("reasons", 7), ("metadata", "x")],
)
def test_a_field_of_another_type_is_named(output, name, value):
    run_record.finish(output, IDENTITY, {"parts": 0})
    found = json.loads(Path(output.record_uri).read_text()) | {name: value}
    files.publish(output.record_uri, json.dumps(found).encode())
    with pytest.raises(SettingsError, match=rf"run\.json: {name}: expected .*the file is damaged"):
        run_record.read_complete(output)


def test_a_finished_run_that_does_not_say_how_many_parts_it_has_is_damaged(output):
    run_record.finish(output, IDENTITY, {})
    with pytest.raises(SettingsError, match=r"run\.json: expected the number of parts"):
        part_index.of_finished(output, run_record.read_complete(output))


def test_fingerprints_do_not_depend_on_the_order_of_keys():
    flipped = json.loads(json.dumps(dict(reversed(IDENTITY.items()))))
    assert run_record.fingerprint(IDENTITY) == run_record.fingerprint(flipped)
