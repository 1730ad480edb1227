"""A recording of which only the metadata changed keeps its place in the manifest."""

import os
from pathlib import Path

import pytest

from daf_core.storage import parquet, part_index, run_record
from daf_core.storage.output import manifest_output
from tests.core.manifest.failing_store import empty_store, stored_files  # noqa: F401
from tests.core.manifest.growing_archive import IDENTITY, Archive, ingest, rows_of

OUTPUT = manifest_output("memory://manifest")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Recordings in parts of 30 s: a spans several, c and d share one; some rows are refused."""
    (tmp_path / "calls").mkdir()
    made = Archive(tmp_path / "calls")
    for name, cues in {"a": 8, "b": 2, "c": 1, "d": 1}.items():
        made.put(name, cues)
        made.say(name, "old")
    ingest(made.folder)
    return made


def facts() -> dict[str, part_index.PartFacts]:
    return part_index.read(OUTPUT.index_uri, run_record.fingerprint(IDENTITY))


def queues() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows_of()["manifest"]:
        found.setdefault(row["recording_id"], set()).add(dict(row["meta"])["queue"])
    return found


def test_rows_stay_where_they_are_and_what_is_made_of_them_can_tell(archive: Archive) -> None:
    before, were = rows_of(), facts()
    for name in "ac":
        archive.say(name, "new")
    done = ingest(archive.folder)
    assert done.recordings.as_dict() == {"new": 0, "changed": 2, "gone": 0, "kept": 2}
    assert queues() == {"a": {"new"}, "b": {"old"}, "c": {"new"}, "d": {"old"}}
    after, are = rows_of(), facts()
    for kind in ("manifest", "quarantine"):
        assert [row | {"meta": 0} for row in after[kind]] == [
            row | {"meta": 0} for row in before[kind]
        ]
    assert are.keys() == were.keys()
    for name, own in are.items():
        holds = {*parquet.read(OUTPUT.part_uri(name), "manifest")[0]["recording_id"].to_pylist()}
        assert own.rows_fingerprint == were[name].rows_fingerprint
        assert (own.metadata != were[name].metadata) == bool(holds & {"a", "c"})
    stored = stored_files()
    assert ingest(archive.folder).nothing_to_do
    assert stored_files() == stored


def test_where_a_file_changed_too_the_recording_is_added_anew(archive: Archive) -> None:
    were = facts()
    archive.say("b", "new")
    os.utime(archive.folder / "b.wav", (archive.now + 9, archive.now + 9))  # perhaps other sound
    ingest(archive.folder)
    assert queues()["b"] == {"new"}
    assert max(facts()) > max(were)


@pytest.mark.parametrize("at_once", [1, 5])
def test_many_recordings_are_written_in_several_goes(
    archive: Archive, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daf_core.manifest.metadata_alone.ROWS_HELD", at_once)
    parts = facts().keys()
    for name in "abcd":
        archive.say(name, "new")
    ingest(archive.folder)
    assert {*queues()} == {*"abcd"}
    assert all(own == {"new"} for own in queues().values())
    assert facts().keys() == parts
