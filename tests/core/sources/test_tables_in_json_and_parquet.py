"""Tables in JSON and Parquet: arrays of objects, types of columns, recordings in cells."""

import datetime
import decimal
import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daf_core.errors import SettingsError
from daf_core.sources.open_source import open_source
from tests.core.sources.ingest import ingest
from tests.core.sources.table_files import texts, write
from tests.core.sources.test_sources import tone


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_json_array_is_a_table_of_its_objects(tmp_path, suffix, bom):
    rows = [{"text": f"a, [b] {number}", "words": [{"w": "x" * 50_000}]} for number in range(5)]
    path = write(tmp_path / f"t{suffix}", bom + json.dumps(rows, indent=1))
    assert texts(path) == [row["text"] for row in rows]


def test_objects_after_a_damaged_one_are_named(tmp_path):
    content = '[{"text": "a"},\n 3, {"text": "b"}, {"text": \n'
    path = write(tmp_path / "t.json", content)
    rows, quarantined = ingest(path)
    assert [row["text"] for row in rows] == ["a", "b"]
    assert [row["message"].split(": ")[0] for row in quarantined] == [
        "t.json:object 2",
        "t.json:object 4",
    ]


def test_json_that_holds_no_objects_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"t\.jsonl: .*expected JSON Lines, one object per"):
        open_source(str(write(tmp_path / "t.jsonl", "1\n2\n")))
    with pytest.raises(SettingsError, match="expected objects in the JSON array"):
        open_source(str(write(tmp_path / "t.json", "[1, 2]")))


def test_json_lines_with_a_mark_and_in_utf_16(tmp_path):
    line = '{"text": "größer"}\n'
    for encoding in ("utf-8-sig", "utf-16"):
        assert texts(write(tmp_path / "t.jsonl", line.encode(encoding))) == ["größer"]


def test_typed_columns_of_parquet_become_text_and_numbers(tmp_path):
    table = pa.table(
        {
            "text": pa.array(["a", "b"], pa.large_string()).dictionary_encode(),
            "speaker": pa.array(["x", "y"], pa.string_view()),
            "recording_id": pa.array([decimal.Decimal(7), decimal.Decimal(8)]),
            "label": pa.array([decimal.Decimal("1.50"), None]),
            "start_s": pa.array([1_500, 0], pa.duration("ms")),
            "end_s": pa.array([2, 3], pa.uint8()),
            "channel": pa.array([0.0, float("nan")]),
            "at": pa.array([datetime.datetime(2026, 1, 2, 3, 4, 5), None], pa.timestamp("ns")),
            "day": pa.array([datetime.date(2026, 1, 2), None]),
            "tags": pa.array([["x", "y"], None]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    (first, second), quarantined = ingest(tmp_path / "t.parquet")
    assert quarantined == []
    assert (first["text"], first["speaker"], first["recording_id"]) == ("a", "x", "7")
    assert (first["label"], second["label"], second["channel"]) == (1.5, None, None)
    assert (first["start_s"], first["end_s"]) == (1.5, 2.0)
    assert first["meta"]["at"].startswith("2026-01-02 03:04:05")
    assert (first["meta"]["day"], first["meta"]["tags"]) == ("2026-01-02", '["x", "y"]')


def audio_table(path: Path, cells: list[dict[str, Any] | None]) -> Path:
    """A Parquet table as the library `datasets` writes one with a column of audio."""
    kind = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
    columns = {
        "audio": pa.array(cells, kind),
        "sentence": [f"said {number}" for number in range(len(cells))],
    }
    pq.write_table(pa.table(columns), path)
    return path


RENAME = {"audio": "audio_path", "sentence": "text"}


def test_recordings_in_the_cells_of_a_table_are_read_from_their_files_or_their_cells(tmp_path):
    tone(tmp_path / "a.wav")
    sound = (tmp_path / "a.wav").read_bytes()
    cells = [
        {"bytes": None, "path": "a.wav"},
        {"bytes": sound, "path": "gone/b.wav"},
        {"bytes": sound, "path": None},
        None,
    ]
    path = audio_table(tmp_path / "t.parquet", cells)
    source = open_source(str(path), RENAME)
    source.gather()
    found = {stem: rows[0][0] for stem, rows in source.recordings()}
    assert [row["audio_uri"] for row in found.values()] == [
        str(tmp_path / "a.wav"),
        f"{path}#column=audio&row=1",
        f"{path}#column=audio&row=2",
        None,
    ]
    assert [row["text"] for row in found.values()] == [f"said {number}" for number in range(4)]
    assert [row["recording_id"] for row in found.values()][:2] == ["a", "gone/b"]
    assert len({row["recording_id"] for row in found.values()}) == 4
    assert all(row["meta"] == {} for row in found.values())


def test_recordings_of_one_name_in_a_table_remain_apart(tmp_path):
    cells = [{"bytes": b"x", "path": "audio.wav"}, {"bytes": b"y", "path": "audio.wav"}]
    source = open_source(str(audio_table(tmp_path / "t.parquet", cells)), RENAME)
    source.gather()
    ((_, recordings),) = source.recordings()
    assert [rows[0]["recording_id"] for rows in recordings] == [
        "t.parquet#column=audio&row=0",
        "t.parquet#column=audio&row=1",
    ]


def test_a_changed_table_is_a_change_of_the_recordings_in_it(tmp_path):
    def version() -> str:
        path = audio_table(tmp_path / "t.parquet", [{"bytes": sound, "path": None}])
        source = open_source(str(path), RENAME, check_contents=True)
        source.gather()
        ((stem, recordings),) = source.recordings()
        return source.version(stem, recordings)

    sound = b"one"
    before = version()
    assert version() == before
    sound = b"two"
    assert version() != before


def test_bytes_that_nobody_named_are_left_out_and_told(tmp_path, caplog):
    caplog.set_level(logging.INFO, "daf_core")
    path = audio_table(tmp_path / "t.parquet", [{"bytes": b"x" * 1_000, "path": "a.wav"}])
    table = pq.read_table(path).rename_columns(
        ["clip" if name == "audio" else name for name in pq.read_schema(path).names]
    )
    table = table.append_column("blob", pa.array([b"\xff"]))
    table = table.append_column("deep", pa.array([[{"x": b"\xff"}]]))
    pq.write_table(table, path)
    (row,), quarantined = ingest(path, rename={"sentence": "text"})
    assert quarantined == []
    assert (row["text"], row["audio_uri"], row["meta"]) == ("said 0", None, {})
    assert [message.partition(": ")[2] for message in caplog.messages if "left out" in message] == [
        "column blob holds bytes and is left out; `rename` blob=audio_path reads it",
        "column clip holds bytes and is left out; `rename` clip=audio_path reads it",
        "column deep holds bytes and is left out",
    ]


@pytest.mark.parametrize(
    ("values", "ours", "said"),
    [
        (
            [{"a": 1}],
            "text",
            "expected text in column x, which is read as text, found structs of a",
        ),
        ([["a"]], "speaker", "found lists"),
        ([b"a"], "text", "found bytes; a column of recordings is `rename`d to audio_path"),
        ([[1.0]], "start_s", "expected numbers in column x, which is read as start_s, found lists"),
        ([{"bytes": b"", "path": ""}], "audio_uri", "structs of bytes, path; a column of recordin"),
    ],
)
def test_a_column_of_another_type_is_refused_before_any_work(tmp_path, values, ours, said):
    pq.write_table(pa.table({"x": values, "text": ["a"]}), tmp_path / "t.parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    if ours == "text":
        pq.write_table(table.drop(["text"]), tmp_path / "t.parquet")
    with pytest.raises(SettingsError, match=said):
        open_source(str(tmp_path / "t.parquet"), {"x": ours})


def test_durations_of_parquet_are_in_seconds_whatever_their_name(tmp_path):
    table = {"text": ["hi"]} | {
        name: pa.array([datetime.timedelta(seconds=n)])
        for n, name in enumerate(("start_ms", "end_ms"), start=1)
    }
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    (row,), _ = ingest(tmp_path / "t.parquet")
    assert (row["start_s"], row["end_s"]) == (1.0, 2.0)
