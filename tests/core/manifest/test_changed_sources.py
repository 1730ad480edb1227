"""What new, changed and removed files or lines of a source do to ids, rows and counts."""

import os
from collections import Counter
from pathlib import Path

from tests.core.manifest.failing_store import empty_store  # noqa: F401
from tests.core.manifest.growing_archive import Archive, ingest, rows_of


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
