"""Files are published atomically, parts listed in order, tables of another kind refused."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import NotDone, SettingsError
from daf_core.schemas import QUARANTINE
from daf_core.storage import files, parquet

ROWS = pa.Table.from_pylist(
    [{"stage": "decode", "reason": "empty_audio", "message": "a.wav: empty"}], schema=QUARANTINE
)


def test_equal_tables_give_equal_bytes_and_come_back(tmp_path):
    for name in ("a", "b"):
        parquet.write(f"{tmp_path}/{name}", ROWS, "quarantine", {"daf.fingerprint": "12"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    read, footer = parquet.read(f"{tmp_path}/a", "quarantine")
    assert read.replace_schema_metadata() == ROWS
    assert footer["daf.fingerprint"] == "12"
    assert parquet.read_footer(f"{tmp_path}/a", "quarantine") == (1, footer)
    assert parquet.read(f"{tmp_path}/a", "quarantine", ["reason"])[0].column_names == ["reason"]


def test_a_table_of_another_kind_or_version_or_no_table_is_refused(tmp_path):
    uri = f"{tmp_path}/t.parquet"
    with pytest.raises(SettingsError, match=r"t\.parquet: expected a scores table, found no file"):
        parquet.read(uri, "scores")
    parquet.write(uri, ROWS, "quarantine")
    with pytest.raises(SettingsError, match="expected a scores table, found quarantine"):
        parquet.read(uri, "scores")
    pq.write_table(ROWS, uri)
    with pytest.raises(SettingsError, match="expected a scores table, found a foreign file"):
        parquet.read(uri, "scores")
    metadata = {"daf.table": "scores", "daf.version": "0"}
    pq.write_table(ROWS.replace_schema_metadata(metadata), uri)
    with pytest.raises(
        SettingsError, match="expected a scores table of version 3, found version 0; make it"
    ):
        parquet.read(uri, "scores")
    files.publish(uri, b"PAR1 or not")
    with pytest.raises(SettingsError, match="expected a scores table, found a damaged file"):
        parquet.read(uri, "scores")
    with pytest.raises(SettingsError, match="expected a scores table, found a damaged file"):
        parquet.read_footer(uri, "scores")


def test_words_that_are_no_utf8_are_a_damaged_file(tmp_path):
    uri = f"{tmp_path}/t.parquet"
    data = parquet.parquet_bytes(ROWS, "quarantine")
    plain = pa.BufferOutputStream()
    table = pq.read_table(pa.BufferReader(data))
    pq.write_table(table, plain, compression="none", use_dictionary=False)
    damaged = plain.getvalue().to_pybytes().replace(b"a.wav: empty", b"a.w\xff\xfe: empty")
    files.publish(uri, damaged)
    with pytest.raises(SettingsError, match=r"found a damaged file: .*UTF8"):
        parquet.read(uri, "quarantine")


def test_a_column_of_another_type_and_a_footer_that_is_no_utf8_are_a_damaged_file(tmp_path):
    uri = f"{tmp_path}/t.parquet"
    other = ROWS.set_column(ROWS.column_names.index("reason"), "reason", pa.array([7]))
    files.publish(uri, parquet.parquet_bytes(other, "quarantine"))
    with pytest.raises(SettingsError, match=r"reason: expected one column of type .*, found int64"):
        parquet.read(uri, "quarantine")
    files.publish(
        uri, parquet.parquet_bytes(ROWS.append_column("reason", ROWS["reason"]), "quarantine")
    )
    with pytest.raises(SettingsError, match="found string, string; the file is damaged"):
        parquet.read(uri, "quarantine")
    metadata = {b"daf.table": b"quarantine", b"daf.version": b"3", b"\xff": b"\xfe"}
    pq.write_table(ROWS.replace_schema_metadata(metadata), uri)
    with pytest.raises(SettingsError, match="expected a quarantine table, found a damaged file"):
        parquet.read(uri, "quarantine")


def test_publishing_replaces_whole_and_leaves_nothing_beside(tmp_path, monkeypatch):
    uri = f"{tmp_path}/deep/file"
    files.publish(uri, b"first")
    monkeypatch.setattr(os, "replace", _full)
    with pytest.raises(NotDone, match=r"deep/file: cannot be written: No space left.*again"):
        files.publish(uri, b"second")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]
    assert files.read_bytes(uri) == b"first"


def _full(source, target):
    raise OSError(28, "No space left on device")


def test_a_path_under_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotDone, match="file/under: cannot be written"):
        files.publish(f"{tmp_path}/file/under", b"")
    assert files.read_json(f"{tmp_path}/file/under") is None
    assert parquet.list_parts(f"{tmp_path}/file/under") == []


@given(st.sets(st.integers(0, 2_000_000), max_size=20))
def test_parts_are_listed_by_name_alone(numbers):
    folder = "memory://parts"
    files.delete_folder(folder)
    for number in numbers:
        files.publish(f"{folder}/{parquet.part_name(number)}", b"x")
    for name in (".part-00001.parquet.tmp", "part-1.parquet", "part-00001.parquet.bak", "x"):
        files.publish(f"{folder}/{name}", b"x")
    assert parquet.list_parts(folder) == sorted(map(parquet.part_name, numbers))


def test_json_is_an_object_or_refused(tmp_path):
    uri = f"{tmp_path}/run.json"
    assert files.read_json(uri) is None
    files.write_json(uri, {"naïve": [1]})
    assert files.read_json(uri) == {"naïve": [1]}
    files.publish(uri, b"[1]")
    with pytest.raises(SettingsError, match=r"run\.json: expected a JSON object, got list"):
        files.read_json(uri)
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotDone, match="folder: cannot be read: Is a directory"):
        files.read_json(f"{tmp_path}/folder")


def test_deleting_what_is_not_there_does_nothing(tmp_path):
    files.delete(f"{tmp_path}/none")
    files.delete_folder(f"{tmp_path}/none")
    with pytest.raises(SettingsError, match="none: no such file"):
        files.read_bytes(f"{tmp_path}/none")


def test_places_are_joined_and_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.join("s3://bucket/", "a", "b") == "s3://bucket/a/b"
    assert files.join("/", "a") == "/a"
    assert files.absolute("here") == f"{tmp_path}/here"
    assert files.absolute("s3://bucket/a/") == "s3://bucket/a"
    with pytest.raises(SettingsError, match="nonsense://a: expected a path, s3://"):
        files.filesystem("nonsense://a")
