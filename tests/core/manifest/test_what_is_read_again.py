"""Only recordings that changed, or that are asked for, are read again; other parts stay."""

import os
from pathlib import Path

import pytest

from daf_core.manifest.update import update
from daf_core.sources.open_source import open_source
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output
from tests.core.manifest.failing_store import empty_store, stored_files  # noqa: F401
from tests.core.manifest.growing_archive import IDENTITY, Archive, counted, ingest, rows_of


def test_only_what_is_new_or_changed_is_inspected_and_other_parts_stay(tmp_path):
    archive = Archive(tmp_path)
    for name in "abcd":
        archive.put(name, 2)
    ingest(tmp_path)
    before = stored_files()
    archive.put("b", 1)
    archive.put("e", 1)
    archive.remove("c")
    source, inspected = open_source(str(tmp_path)), []
    inspect = source.inspector()
    output = manifest_output("memory://manifest")

    def noted(found):
        for recordings in found:
            inspected.append(Path(recordings.files[0][0]).stem)
            yield inspect(recordings)

    done = update(output, IDENTITY, source, 30.0, noted)
    assert inspected == ["b", "e"]
    assert done.recordings.as_dict() == {"new": 1, "changed": 1, "gone": 1, "kept": 2}
    assert done.rows == 2 * 3 + 1 + 1
    after = stored_files()
    parts = {path for path in before if "/part-" in path}
    assert {path for path in parts if after.get(path) != before[path]} == {
        "/manifest/manifest/part-00001.parquet"
    }
    assert "/manifest/manifest/part-00001.parquet" not in after  # only b was in it
    assert {path for path in after if "/part-" in path} - parts == {
        "/manifest/manifest/part-00004.parquet"
    }


def test_a_part_keeps_the_recordings_that_did_not_change(tmp_path):
    archive = Archive(tmp_path)
    for name in "abc":
        archive.put(name, 1)
    ingest(tmp_path)
    archive.put("b", 8)
    done = ingest(tmp_path)
    parts = [
        parquet.read(f"memory://manifest/manifest/{name}", "manifest")[0][
            "recording_id"
        ].to_pylist()
        for name in parquet.list_parts("memory://manifest/manifest")
    ]
    assert parts == [["a", "c"], ["b"] * 3, ["b"] * 3]
    assert done.quarantined == {"outside_recording": 2}
    assert done.audio_hours == pytest.approx(8 * 10 / 3600, abs=1e-4)


def test_contents_are_compared_where_that_is_asked(tmp_path):
    archive = Archive(tmp_path)
    archive.put("a", 1)
    stamp = (archive.now, archive.now)

    def changed(**options):
        return ingest(tmp_path, f"memory://{options}", **options).recordings.changed

    by_time, by_contents = {}, {"check_contents": True}
    assert [changed(**by_time), changed(**by_contents)] == [0, 0]
    os.utime(tmp_path / "a.vtt", (archive.now + 9, archive.now + 9))
    assert [changed(**by_time), changed(**by_contents)] == [1, 0]
    assert changed(**by_time) == 0
    text = (tmp_path / "a.vtt").read_text()
    (tmp_path / "a.vtt").write_text(text.replace("a 1", "b 1"))
    os.utime(tmp_path / "a.vtt", (stamp[0] + 9, stamp[1] + 9))
    assert [changed(**by_time), changed(**by_contents)] == [0, 1]


@pytest.mark.parametrize(
    "asked", [{"retry": ["outside_recording"]}, {"read_again": ["part-00001.parquet"]}]
)
def test_a_recording_that_spans_parts_is_read_again_as_a_whole(tmp_path, asked):
    archive = Archive(tmp_path)
    archive.put("a", 1)
    archive.put("c", 8)
    done = ingest(tmp_path)
    before = rows_of()
    assert done.parts > 2
    assert {row["reason"] for row in before["quarantine"]} == {"outside_recording"}
    source, output = open_source(str(tmp_path)), manifest_output("memory://manifest")
    inspect = source.inspector()
    again = update(output, IDENTITY, source, 30.0, lambda found: map(inspect, found), **asked)
    assert again.rows_in == done.rows_in
    after = rows_of()
    for kind, rows in before.items():
        assert counted(after[kind], {"a", "c"}) == counted(rows, {"a", "c"})
