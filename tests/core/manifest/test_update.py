"""A manifest that grows with its source: nothing lost, nothing doubled, wherever it is killed."""

import itertools
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import numpy as np
import pytest
import soundfile
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import NotDone
from daf_core.manifest import ingest_lock
from daf_core.manifest.update import Updated, update
from daf_core.sources.open_source import open_source
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import manifest_output

RATE_HZ = 8000
IDENTITY = {"source": "test"}


class FailingFileSystem(MemoryFileSystem):
    """Fails for good after so many changes, as if the process or its connection were gone."""

    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    changes_left: ClassVar[float] = float("inf")

    def _change(self):
        if FailingFileSystem.changes_left <= 0:
            raise OSError("gone")
        FailingFileSystem.changes_left -= 1

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        self._change()
        super().pipe_file(path, value, mode, **kwargs)

    def rm_file(self, path):
        self._change()
        super().rm_file(path)


@pytest.fixture(autouse=True)
def empty_store():
    fsspec.register_implementation("memory", FailingFileSystem, clobber=True)
    FailingFileSystem.store.clear()
    FailingFileSystem.changes_left = float("inf")
    yield
    fsspec.register_implementation("memory", MemoryFileSystem, clobber=True)


class Archive:
    """A folder of recordings of 60 s with transcripts; every change is a second later."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 1_000_000_000
        self.silence = folder.parent / f"{folder.name}.silence"
        soundfile.write(self.silence, np.zeros(RATE_HZ * 60), RATE_HZ, format="WAV")

    def put(self, name: str, cues: int) -> None:
        """`cues` of 10 s, in another wording each time; from the seventh on they are beyond the
        recording and have no words.
        """
        self.now += 1
        spans = [f"{10 * i // 60:02}:{10 * i % 60:02}.000" for i in range(cues + 1)]
        text = "".join(
            f"\n{start} --> {end}\n{f'{name} {self.now} {number}' if number < 6 else '<i></i>'}\n"
            for number, (start, end) in enumerate(itertools.pairwise(spans))
        )
        (self.folder / f"{name}.vtt").write_text(f"WEBVTT\n{text}")
        if not (self.folder / f"{name}.wav").exists():
            os.link(self.silence, self.folder / f"{name}.wav")
        os.utime(self.folder / f"{name}.vtt", (self.now, self.now))

    def remove(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.*"):
            path.unlink()

    def names(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.vtt")}


def ingest(archive: Path, out: str = "memory://manifest", **options: Any) -> Updated:
    source = open_source(str(archive), **options)
    output = manifest_output(out)
    run_record.begin(output, IDENTITY, fresh=False)
    inspect = source.inspector()
    return update(output, IDENTITY, source, 30.0, lambda found: map(inspect, found))


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


def stored_files() -> dict[str, bytes]:
    """All files of the manifest but its record, which says when and by whom."""
    store = FailingFileSystem.store.items()
    return {path: file.getvalue() for path, file in store if not path.endswith("run.json")}


def rows_of(out: str = "memory://manifest") -> dict[str, list[dict[str, Any]]]:
    output = manifest_output(out)
    return {
        kind: [
            row
            for name in parquet.list_parts(folder)
            for row in parquet.read(files.join(folder, name), kind)[0].to_pylist()
        ]
        for kind, folder in (("manifest", output.parts_uri), ("quarantine", output.quarantine_uri))
    }


def counted(rows: list[dict[str, Any]], names: set[str]) -> Counter[str]:
    return Counter(repr(row) for row in rows if row["recording_id"] in names)


NAMES = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.integers(1, 8)),
        st.tuples(st.just("remove"), NAMES),
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
    assert kills > 40


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


def test_a_table_grows_and_its_missing_audio_is_found_later(tmp_path):
    table, lines = tmp_path / "t.csv", ["text,audio_path", "hi,a.wav", ",b.wav", "one,two,three"]
    table.write_text("\n".join(lines) + "\n")
    archive = Archive(tmp_path)
    os.link(archive.silence, tmp_path / "a.wav")
    done = ingest(table)
    assert done.quarantined == {"bad_row": 1, "missing_audio": 1}
    assert ingest(table).nothing_to_do

    os.link(archive.silence, tmp_path / "b.wav")
    table.write_text("\n".join([*lines, "ho,a.wav", "hey,c.wav", "four"]) + "\n")
    done = ingest(table)
    assert done.recordings.as_dict() == {"new": 1, "changed": 2, "gone": 0, "kept": 0}
    assert done.quarantined == {"bad_row": 2}
    texts = [row["text"] for row in rows_of()["manifest"]]
    assert Counter(texts) == Counter(["hi", "ho", None, "hey"])


def test_ids_of_rows_that_are_gone_from_a_table_are_not_given_again(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("utterance_id,recording_id,text\n1,a,hi\n2,a,ho\n3,b,hey\n")
    ingest(table)
    table.write_text("utterance_id,recording_id,text\n2,c,new\n3,b,hey\n4,c,too\n")
    done = ingest(table)
    assert done.recordings.as_dict() == {"new": 1, "changed": 0, "gone": 1, "kept": 1}
    assert done.quarantined == {"duplicate_id": 1}
    ids = [row["utterance_id"] for row in rows_of()["manifest"]]
    assert sorted(ids) == ["1", "2", "3", "4"]


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


def test_a_recording_keeps_its_id_when_another_of_its_name_appears(tmp_path):
    archive = Archive(tmp_path)
    archive.put("a", 2)
    ingest(tmp_path)
    assert {row["recording_id"] for row in rows_of()["manifest"]} == {"a"}
    os.link(archive.silence, tmp_path / "a.mp4")
    ingest(tmp_path)
    ids = {(Path(row["audio_uri"]).name, row["recording_id"]) for row in rows_of()["manifest"]}
    assert ids == {("a.wav", "a"), ("a.mp4", "a.mp4")}
    (tmp_path / "a.wav").unlink()
    ingest(tmp_path)
    ids = {(Path(row["audio_uri"]).name, row["recording_id"]) for row in rows_of()["manifest"]}
    assert ids == {("a.mp4", "a.mp4")}


def test_files_that_are_not_used_are_counted_apart_from_recordings(tmp_path):
    archive = Archive(tmp_path)
    archive.put("a", 2)
    for name in ("notes.pdf", "list.json", "more.json"):
        (tmp_path / name).write_text("{}")
    done = ingest(tmp_path)
    assert done.not_used == {"unknown_format .json": 2, "unknown_format .pdf": 1}
    assert done.quarantined == {}
    assert done.recordings.as_dict() == {"new": 1, "changed": 0, "gone": 0, "kept": 0}
    (tmp_path / "more.json").unlink()
    done = ingest(tmp_path)
    assert done.recordings.as_dict() == {"new": 0, "changed": 0, "gone": 0, "kept": 1}
    assert done.not_used == {"unknown_format .json": 1, "unknown_format .pdf": 1}
    assert ingest(tmp_path).nothing_to_do
    for name in ("notes.pdf", "list.json"):
        (tmp_path / name).unlink()
    done = ingest(tmp_path)
    assert (done.not_used, done.rows) == ({}, 2)
    assert ingest(tmp_path).nothing_to_do


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
