"""Recordings that are gone from the source: named, and taken out where they are to be pruned."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import NotDone
from daf_core.manifest.updated import Updated
from jobs.verbs.ingest_summary import summary
from tests.core.manifest.failing_store import FailingFileSystem, empty_store  # noqa: F401
from tests.core.manifest.growing_archive import Archive, counted, ingest, rows_of

NAMES = "abcd"


def held() -> set[str]:
    return {row["recording_id"] for rows in rows_of().values() for row in rows}


def said_of(done: Updated) -> list[str]:
    return [line for line in summary(done, "q").splitlines() if "gone from the source" in line]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Recordings in parts of 30 s; a spans several, c and d share one; some rows are refused."""
    (tmp_path / "calls").mkdir()
    made = Archive(tmp_path / "calls")
    for name, cues in {"a": 8, "b": 2, "c": 1, "d": 1, "z": 1}.items():
        made.put(name, cues)
    ingest(made.folder)
    return made


def test_they_stay_and_are_named_each_time_until_they_are_pruned(archive: Archive) -> None:
    for name in NAMES:
        archive.remove(name)
    for _ in range(2):
        done = ingest(archive.folder)
        assert done.nothing_to_do
        assert done.recordings.gone == 4
        assert said_of(done) == [
            "4 recordings gone from the source: a, b, c …; they count all the same, until --prune "
            "takes them out"
        ]
        assert held() == {*NAMES, "z"}
    done = ingest(archive.folder, prune=True)
    assert said_of(done) == ["4 recordings gone from the source taken out: a, b, c …"]
    assert done.recordings.as_dict() == {"new": 0, "changed": 0, "gone": 0, "kept": 1}
    assert held() == {"z"}
    done = ingest(archive.folder, prune=True)
    assert done.nothing_to_do
    assert not said_of(done)
    archive.put("a", 8)
    assert ingest(archive.folder, prune=True).recordings.new == 1
    assert held() == {"a", "z"}


def test_a_renamed_recording_counts_once(archive: Archive) -> None:
    for path in archive.folder.glob("b.*"):
        path.rename(path.with_stem("new"))
    done = ingest(archive.folder, prune=True)
    assert (done.recordings.new, done.recordings.gone, done.gone.pruned) == (1, 0, 1)
    assert held() == {"a", "c", "d", "new", "z"}


@settings(max_examples=30)
@given(gone=st.sets(st.sampled_from(NAMES)), more=st.booleans(), kills=st.lists(st.integers(0, 20)))
def test_pruned_it_holds_what_the_source_holds_wherever_it_was_killed(
    tmp_path_factory: pytest.TempPathFactory, gone: set[str], more: bool, kills: list[int]
) -> None:
    FailingFileSystem.store.clear()
    archive = Archive(tmp_path_factory.mktemp("archive"))
    for name, cues in {"a": 8, "b": 2, "c": 1, "d": 1, "z": 3}.items():
        archive.put(name, cues)
    ingest(archive.folder)
    for name in gone:
        archive.remove(name)
    if more:
        archive.put("new", 2)
    for changes in kills[:3]:
        FailingFileSystem.changes_left = changes
        try:
            ingest(archive.folder, prune=True)
        except (NotDone, OSError):
            pass
        finally:
            FailingFileSystem.changes_left = float("inf")
    done = ingest(archive.folder, prune=True)
    found = rows_of()
    assert held() == archive.names()
    assert done.rows == len(found["manifest"])
    ingest(archive.folder, "memory://undisturbed")
    expected = rows_of("memory://undisturbed")
    for kind, rows in found.items():
        assert counted(rows, archive.names()) == counted(expected[kind], archive.names())
    assert ingest(archive.folder, prune=True).nothing_to_do
