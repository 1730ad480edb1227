"""A manifest that grows with its source: nothing lost, nothing doubled, wherever it is killed."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import NotDone
from daf_core.manifest import ingest_lock
from daf_core.manifest.update import update
from daf_core.sources.open_source import open_source
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import manifest_output
from tests.core.manifest.failing_store import FailingFileSystem, empty_store, stored_files  # noqa: F401
from tests.core.manifest.growing_archive import IDENTITY, Archive, counted, ingest, rows_of


def killed_ingest(archive: Path, changes: float) -> bool:
    """Ingest, but storage fails after that many changes; returns whether that stopped it."""
    FailingFileSystem.changes_left = changes
    try:
        ingest(archive)
        return False
    except (NotDone, OSError):
        return True
    finally:
        FailingFileSystem.changes_left = float("inf")


NAMES = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.integers(1, 8)),
        st.tuples(st.just("remove"), NAMES),
        st.tuples(st.just("say"), NAMES, st.sampled_from(["x", "y"])),
        st.tuples(st.just("ingest"), st.integers(0, 30)),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(steps=STEPS)
def test_every_current_row_is_there_once_whatever_came_before(tmp_path_factory, steps):
    FailingFileSystem.store.clear()
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.put("z", 3)
    for step, *values in steps:
        if step == "ingest":
            killed_ingest(archive.folder, *values)
        else:
            getattr(archive, step)(*values)
    done = ingest(archive.folder)
    found = rows_of()
    ids = Counter((row["recording_id"], row["utterance_id"]) for row in found["manifest"])
    assert set(ids.values()) == {1}
    assert done.rows == len(found["manifest"])
    assert done.rows_in == len(found["manifest"]) + len(found["quarantine"])

    ingest(archive.folder, "memory://undisturbed")
    expected = rows_of("memory://undisturbed")
    for kind, rows in found.items():
        assert counted(rows, archive.names()) == counted(expected[kind], archive.names())
    output = manifest_output("memory://manifest")
    indexed = part_index.read(output.index_uri, run_record.fingerprint(IDENTITY))
    assert sorted(indexed) == parquet.list_parts(output.parts_uri)
    before = stored_files()
    assert ingest(archive.folder).nothing_to_do
    assert stored_files() == before


def test_killed_at_any_change_and_run_again_the_files_are_the_same(tmp_path):
    archive = Archive(tmp_path)
    for name, cues in {"a": 2, "b": 1, "c": 8, "d": 7, "e": 1}.items():
        archive.put(name, cues)
    kills = 0
    for _ in range(2):
        start = dict(FailingFileSystem.store)
        ingest(tmp_path)
        undisturbed = stored_files()
        end = dict(FailingFileSystem.store)
        for changes in range(100):
            FailingFileSystem.store.clear()
            FailingFileSystem.store.update(start)
            if not killed_ingest(tmp_path, changes):
                break
            kills += 1
            record = files.read_json("memory://manifest/run.json")
            assert changes == 0 or not record["complete"]
            ingest(tmp_path)
            assert stored_files() == undisturbed, changes
        FailingFileSystem.store.clear()
        FailingFileSystem.store.update(end)
        for name, cues in {"b": 2, "c": 8, "e": 1, "f": 7, "aa": 3}.items():
            archive.put(name, cues)
        archive.remove("d")
        for name in "abc":
            archive.say(name, "billing")
    assert kills > 40


def test_an_attempt_that_another_took_over_from_stops(tmp_path):
    archive = Archive(tmp_path)
    for name in "abc":
        archive.put(name, 2)
    source = open_source(str(tmp_path))
    output = manifest_output("memory://manifest")
    run_record.begin(output, IDENTITY, fresh=False)
    inspect = source.inspector()

    def overtaken(found):
        for number, recordings in enumerate(found):
            if number == 2:
                archive.put("a", 1)
                ingest(tmp_path)
            yield inspect(recordings)

    with pytest.raises(NotDone, match="another ingest is at work"):
        update(output, IDENTITY, source, 30.0, overtaken)
    assert ingest(tmp_path).nothing_to_do
    assert len(rows_of()["manifest"]) == 5
    record = run_record.read(output)
    with pytest.raises(NotDone, match="another ingest is at work"):
        ingest_lock.take_over(output, replace(record, facts=record.facts | {"rows": 0}))


def test_a_part_that_is_missing_is_named(tmp_path):
    archive = Archive(tmp_path)
    archive.put("a", 2)
    ingest(tmp_path)
    files.delete("memory://manifest/manifest/part-00000.parquet")
    with pytest.raises(NotDone, match=r"part-00000\.parquet is missing.*`fresh`"):
        ingest(tmp_path)
