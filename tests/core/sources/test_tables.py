"""Tables as people have them: separators, encodings, long cells, types of Parquet."""

import contextlib
import csv
import datetime
import decimal
import io
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.open_source import open_source
from daf_core.sources.remarks import Found, Outcome
from daf_core.sources.table_csv import find_separator
from daf_core.sources.table_rows import open_rows
from tests.core.sources.ingest import ingest
from tests.core.sources.test_sources import tone

GERMAN = "Ich möchte über die Lieferung sprechen. Schöne Grüße"
POLISH = "Dziękuję bardzo za pomoc, proszę poczekać chwilę. Zażółć gęślą jaźń"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def texts(path: Path, **options: Any) -> list[str]:
    rows, quarantined = ingest(path, **options)
    assert quarantined == []
    return [row["text"] for row in rows]


def reasons(path: Path, **options: Any) -> list[tuple[str, str]]:
    """Place and reason of each quarantined row."""
    return [
        (row["message"].split(": ")[0], row["reason"])
        for row in ingest(path, **options).quarantined
    ]


def test_a_cell_may_hold_the_words_of_a_whole_day(tmp_path):
    said = "word word\n" * 200_000
    path = write(
        tmp_path / "t.csv", f'text,label,words_json\n"{said}",1,\nshort,2,"{"x" * 140_000}"\n'
    )
    rows, quarantined = ingest(path)
    assert quarantined == []
    assert {len(row["text"]) for row in rows} == {len(said.strip()), 5}


@pytest.mark.parametrize(
    "lines",
    [
        ['"not closed,1,a', "two,2,b", "three,0,c"],  # to the end of the file
        ['"not closed,1,a', "two,2,b", '"three",0,c'],  # to a quote that opens another cell
        ['"not closed,1,a', "two,2,b", 'three,0,"c"'],
        ['"not closed,1,a', "two,2,b", 'three,0,c"', "four,0,d"],  # to one that closes
    ],
)
def test_a_quote_that_is_not_closed_costs_its_own_row(tmp_path, lines):
    path = write(tmp_path / "t.csv", "\n".join(["text,label,mood", *lines]) + "\n")
    rows, quarantined = ingest(path)
    assert [row["reason"] for row in quarantined] == ["bad_row"]
    assert quarantined[0]["message"] == "t.csv:2: expected CSV, found a quote that is not closed"
    assert {"two"} <= {row["text"] for row in rows}
    assert len(rows) == len(lines) - 1


def test_a_text_of_several_lines_is_no_quote_that_was_left_open(tmp_path):
    said = "Well, no\nyes, sure\nand more\nthank you, bye"
    assert texts(write(tmp_path / "t.csv", f'text,label\n"{said}",1\n')) == [said]


def test_a_row_longer_than_the_limit_is_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("daf_core.sources.table_text.LARGEST_ROW", 1_000)
    one, many = "x" * 5_000, "x\n" * 2_500
    path = write(tmp_path / "t.csv", f'text,label\n{one},1\n"{many}",2\nlast,3\n')
    with open_rows(str(path)) as table:
        rows = list(table.rows)
    assert rows[0][0] == "t.csv:2"
    assert isinstance(rows[0][1], BadInput)
    assert "found a longer one" in rows[0][1].message
    assert ("t.csv:2503", {"text": "last", "label": "3"}) in rows or rows[-1][1] == {
        "text": "last",
        "label": "3",
    }


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("t.csv", "text;label\nfein, danke;1,5\n", "columns are separated by semicolons"),
        ("t.csv", "text\tlabel\nfein, danke\t1.5\n", "columns are separated by tabs"),
        ("t.csv", "text|label\nfein, danke|1.5\n", "columns are separated by bars"),
        ("t.csv", "sep=;\r\ntext;label\r\nfein, danke;1,5\r\n", "separated by semicolons"),
        ("t.csv", "\ufeffsep=;\ntext;label\nfein, danke;1.5\n", "separated by semicolons"),
        ("t.tsv", 'text,label\n"fein, danke",1.5\n', "columns are separated by commas"),
        ("t.tsv", "text\tlabel\nfein, danke\t1.5\n", None),
        ("t.txt", "text\tlabel\nfein, danke\t1.5\n", None),
        ("t.csv", 'text,label,,\n"fein, danke",1.5,,\n', None),
    ],
)
def test_the_separator_is_found_and_told(tmp_path, caplog, name, content, note):
    caplog.set_level(logging.INFO, "daf_core")
    (row,), quarantined = ingest(write(tmp_path / name, content))
    assert quarantined == []
    assert (row["text"], row["label"]) == ("fein, danke", 1.5)
    assert [note in message for message in caplog.messages] == ([] if note is None else [True])


def test_a_decimal_comma_is_one_only_beside_semicolons(tmp_path):
    assert reasons(write(tmp_path / "t.csv", 'text,label\nhi,"1,5"\n')) == [
        ("t.csv:2", "bad_label")
    ]
    (row,), _ = ingest(write(tmp_path / "u.csv", "text;start_s;end_s\n1,5;0,5;1,25\n"))
    assert (row["text"], row["start_s"], row["end_s"]) == ("1,5", 0.5, 1.25)


CELLS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))


@given(CELLS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_as_it_was(tmp_path_factory, cells, separator, end):
    # A cell whose lines are rows themselves looks like a quote that was left open.
    assume(not any(separator in cell and len(cell.splitlines()) > 1 for cell in cells))
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["recording_id", "text", "mood"])
    writer.writerows([str(number), cell, cell] for number, cell in enumerate(cells))
    write(path, sink.getvalue())
    with open_rows(str(path)) as table:
        found = [row for _, row in table.rows]
    wanted = [{"recording_id": str(n), "text": c, "mood": c} for n, c in enumerate(cells)]
    assert found == wanted


@given(st.binary(max_size=2_000), st.sampled_from([".csv", ".tsv", ".jsonl", ".json", ".parquet"]))
def test_no_bytes_break_a_reader(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("bytes") / f"t{suffix}"
    write(path, content)
    with contextlib.suppress(SettingsError), open_rows(str(path)) as table:
        for place, cells in table.rows:
            assert place.startswith(f"t{suffix}:")
            assert isinstance(cells, dict | BadInput)


def test_the_separator_is_not_taken_from_the_text():
    lines = ["text", "Hello; how are you", "fine; thanks"]
    assert find_separator("\n".join(lines), True) == ","
    lines = ["id,text", "1,a;b;c", "2,d;e;f"]
    assert find_separator("\n".join(lines), True) == ","
    lines = ["Nr;Satz;Ton", "1;Guten Tag, ja;2,5", "2;Gut, danke, ja;0,5"]
    assert find_separator("\n".join(lines), True) == ";"


@pytest.mark.parametrize(
    ("encoding", "said", "told"),
    [
        ("utf-8", GERMAN, False),
        ("utf-8-sig", GERMAN, False),
        ("utf-16", GERMAN, False),
        ("utf-16-le", GERMAN, False),
        ("utf-16-be", GERMAN, False),
        ("utf-32", GERMAN, False),
        ("cp1252", "café", True),
        ("cp1252", GERMAN, True),
        ("cp1252", "C’est très bien… 5 €", True),
        ("cp1250", POLISH, True),
        ("cp1251", "Спасибо большое, всё работает хорошо, перезвоню завтра", True),
        ("cp932", "ありがとうございます。お電話お待ちしております。", True),
    ],
)
def test_the_encoding_of_a_table_is_found(tmp_path, caplog, encoding, said, told):
    caplog.set_level(logging.INFO, "daf_core")
    path = write(tmp_path / "t.csv", f"text;label\n{said};1\nplain;2\n".encode(encoding))
    assert texts(path) == [said, "plain"]
    assert sum("as it is not UTF-8" in message for message in caplog.messages) == told


def test_damage_to_utf_8_costs_its_row_and_is_no_other_encoding(tmp_path):
    lines = ["text,label", "größer,1", "schöner,1", "für,1", "kaputt\xff,1".encode("latin-1")]
    content = b"\n".join(one if isinstance(one, bytes) else one.encode() for one in lines)
    assert reasons(write(tmp_path / "t.csv", content)) == [("t.csv:5", "bad_encoding")]
    odd = "text,label\nfine,1\n".encode("utf-16") + b"\x00"
    assert reasons(write(tmp_path / "t.csv", odd))[0][1] in ("bad_encoding", "bad_row")


@pytest.mark.parametrize("said", ["nan", "NA", "N/A", "null", "None", "-", "", " ", "NaN", "<NA>"])
def test_a_cell_that_says_that_there_is_no_value_is_none(tmp_path, said):
    head = "text,label,start_s,end_s,channel,split"
    path = write(tmp_path / "t.csv", f"{head}\nhi,{','.join([said] * 5)}\n")
    (row,), quarantined = ingest(path)
    assert quarantined == []
    assert [row[name] for name in head.split(",")] == ["hi", *[None] * 5]
    assert row["meta"] == {}


def test_a_word_that_could_say_that_there_is_no_value_remains_in_the_text(tmp_path):
    assert texts(write(tmp_path / "t.csv", "text,label\nNone,1\n")) == ["None"]


def test_names_with_blanks_or_in_another_case_are_taken_and_told(tmp_path, caplog):
    caplog.set_level(logging.INFO, "daf_core")
    path = write(tmp_path / "t.csv", " text ,Label,Satz \nhi,1,x\n")
    (row,), quarantined = ingest(path, rename={"Satz": "speaker"})
    assert quarantined == []
    assert (row["text"], row["label"], row["speaker"]) == ("hi", 1.0, "x")
    assert [message.split(": ")[1] for message in caplog.messages] == [
        'column " text " is read as "text"',
        'column "Label" is read as "label"',
    ]


def test_a_name_that_is_there_as_it_should_be_is_not_taken_from_another(tmp_path):
    (row,), _ = ingest(write(tmp_path / "t.csv", "text,Text,TEXT\nhi,no,never\n"))
    assert (row["text"], row["meta"]) == ("hi", {"Text": "no", "TEXT": "never"})


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


def test_columns_are_known_under_the_names_that_tools_give(tmp_path, caplog):
    table = tmp_path / "t.csv"
    table.write_text("file,start,end,transcript,queue\ngone.wav,0,2,one,x\ngone.wav,2,4,two,x\n")
    with caplog.at_level("INFO"):
        rows, quarantined = ingest(table)
    assert quarantined == []
    assert [(row["start_s"], row["end_s"], row["text"]) for row in rows] == [
        (0.0, 2.0, "one"),
        (2.0, 4.0, "two"),
    ]
    assert rows[0]["meta"] == {"queue": "x"}
    assert 'column "start" is read as "start_s"' in caplog.text
    table.write_text("text,start\nhi,noon\n")
    rows, quarantined = ingest(table)
    assert (rows[0]["meta"], quarantined) == ({"start": "noon"}, [])


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("start_ms,end_ms", "500,1500"),
        ("StartTime,EndTime", "0.5,0:01.5"),
        ("offset,duration", "0.5,1.0"),
        ("start_s,dur_ms", "0.5,1000"),
        ("Begin Time - ms,End Time - ms", "500,1500"),
        ("begin_time,end_time", "0.5,1.5"),
        ("start_s,end", "0.5,1.5"),
        ("segment_start,segment_end", "00:00:00.5,00:00:01.5"),
        ("tmin,tmax", "0.5,1.5"),
    ],
)
def test_times_are_known_under_the_names_and_units_that_tools_give(head, cells, tmp_path, caplog):
    tone(tmp_path / "a.wav")
    table = write(tmp_path / "t.csv", f"text,audio_path,queue,{head}\nhi,a.wav,q,{cells}\n")
    with caplog.at_level("INFO"):
        (row,), quarantined = ingest(table)
    assert quarantined == []
    assert (row["start_s"], row["end_s"], row["meta"]) == (0.5, 1.5, {"queue": "q"})
    assert 'is read as "' in caplog.text or '"end_s" is the start and' in caplog.text


@pytest.mark.parametrize("head", ["from,to", "time,length", "start_date,end_reason", "duration,x"])
def test_columns_that_may_be_something_else_are_no_times(head, tmp_path, caplog):
    table = write(tmp_path / "t.csv", f"text,{head}\nhi,1,2\n")
    with caplog.at_level("INFO"):
        (row,), quarantined = ingest(table)
    assert (row["start_s"], quarantined) == (None, [])
    assert {*row["meta"]} == {*head.split(",")}
    assert caplog.text == ""


def test_a_start_alone_is_told_and_a_bad_duration_is_its_rows(tmp_path, caplog):
    with caplog.at_level("INFO"):
        ingest(write(tmp_path / "t.csv", "text,start_ms\nhi,5\n"))
    assert "each row is its whole recording" in caplog.text
    named = reasons(write(tmp_path / "u.csv", "text,offset,duration\nhi,0,long\nyo,,1\nme,0,1\n"))
    assert named == [("u.csv:2", "bad_time"), ("u.csv:3", "bad_time")]


def test_durations_of_parquet_are_in_seconds_whatever_their_name(tmp_path):
    table = {"text": ["hi"]} | {
        name: pa.array([datetime.timedelta(seconds=n)])
        for n, name in enumerate(("start_ms", "end_ms"), start=1)
    }
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    (row,), _ = ingest(tmp_path / "t.parquet")
    assert (row["start_s"], row["end_s"]) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ("rec/a.wav", "rec\\a.wav"),
        ("caf\u00e9.wav", "cafe\u0301.wav"),
        ("r/cafe\u0301.wav", "r\\caf\u00e9.wav"),
        ("back\\slash.wav", "back\\slash.wav"),
        ("gone.wav", "gone\\gone.wav"),
    ],
)
def test_paths_that_another_machine_wrote_find_their_recording(there, written, tmp_path):
    tone(tmp_path / there)
    table = write(tmp_path / "t.csv", f"text,audio_path\nhi,{written}\n")
    (row,), quarantined = ingest(table)
    is_found = "gone" not in there
    assert (row["end_s"], quarantined) == (2.0 if is_found else None, [])
    assert row["flags"] == ([] if is_found else ["missing_audio"])


def test_a_table_without_rows_says_so(tmp_path):
    source = open_source(str(write(tmp_path / "t.csv", "text,label\n")))
    source.gather()
    found = Found(set, Counter, set, lambda key: Outcome(0, frozenset()))
    assert source.remarks(found).hints == (f"{tmp_path}/t.csv: has column names and no row",)
