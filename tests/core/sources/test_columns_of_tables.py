"""Columns under the names and units that tools give, cells without a value, foreign paths."""

import logging
from collections import Counter

import pytest

from daf_core.sources.open_source import open_source
from daf_core.sources.remarks import Found, OnChannels, Outcome
from tests.core.sources.ingest import ingest
from tests.core.sources.table_files import reasons, texts, write
from tests.core.sources.test_sources import tone


def no_channels() -> OnChannels:
    return OnChannels(Counter(), {})


@pytest.mark.parametrize("said", ["nan", "NA", "N/A", "null", "None", "-", "", " ", "NaN", "<NA>"])
def test_a_cell_that_says_that_there_is_no_value_is_none(tmp_path, said):
    head = "text,label,start_s,end_s,channel,split"
    path = write(tmp_path / "t.csv", f"{head}\nhi,{','.join([said] * 5)}\n")
    (row,), quarantined = ingest(path)
    assert quarantined == []
    assert [row[name] for name in head.split(",")] == ["hi", *[None] * 5]
    assert row["meta"] == {}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("text,Video_ID", ("row", "Video_ID")),
        ("audio_path,call", ("file", "call")),
        ("text,recording_id,video_id", None),
        ("text,speaker", None),
    ],
)
def test_a_column_that_may_name_recordings_is_told(tmp_path, caplog, columns, told):
    caplog.set_level(logging.INFO, "daf_core")
    ingest(write(tmp_path / "t.csv", f"{columns}\na,b,c\n"))
    notes = [message.split(": ", 1)[1] for message in caplog.messages]
    expected = told and (
        f"each {told[0]} is a recording of its own; if a recording is what has the same "
        f'"{told[1]}", give `rename` {told[1]}=recording_id'
    )
    assert [note for note in notes if "recording of its own" in note] == [*filter(None, [expected])]


def test_words_that_stand_twice_are_kept_once(tmp_path):
    """Where words are redacted or dropped, a second column would keep them."""
    rows = "text,raw,answer\nMy card is 4111 1111.,my card is 4111 1111,yes\nYes,Yes,no\n"
    found, _ = ingest(write(tmp_path / "t.csv", rows))
    assert [row["meta"] for row in found] == [{"answer": "yes"}, {"raw": "Yes", "answer": "no"}]


@pytest.mark.parametrize("said", ["NULL", "nan", "NaN", "<NA>", "\\N", "#N/A", " NULL "])
def test_a_text_that_exports_write_for_nothing_is_no_words(tmp_path, said):
    tone(tmp_path / "a.wav")
    head = "audio_path,text,start_s,end_s,label"
    path = write(tmp_path / "t.csv", f"{head}\na.wav,{said},0.5,1,\\N\n,{said},,,\n")
    (row,), (refused,) = ingest(path)
    assert (row["text"], row["label"], row["start_s"], row["flags"]) == (None, None, 0.5, [])
    assert refused["reason"] == "empty_row"
    (unplaced,) = reasons(
        write(tmp_path / "u.csv", f"audio_path,text,offset,duration\na,{said},0,x")
    )
    assert unplaced == ("u.csv:2", "bad_time")  # with words it would stay without times


@pytest.mark.parametrize("said", ["Null", "null", "Nan", "None", "n/a", "NULL and void"])
def test_words_that_may_have_been_said_remain(tmp_path, said):
    assert texts(write(tmp_path / "t.csv", f"text,label\n{said},1\n")) == [said]


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
    named = reasons(write(tmp_path / "u.csv", "audio_path,offset,duration\na,0,long\nb,,1\n"))
    assert named == [("u.csv:2", "bad_time"), ("u.csv:3", "bad_time")]
    table = write(tmp_path / "v.csv", "text,offset,duration\nhi,0,long\nyo,,1\nme,0,1\n")
    rows, quarantined = ingest(table)
    assert quarantined == []
    flags = {row["text"]: (row["start_s"], row["flags"]) for row in rows}
    assert flags == {"hi": (None, ["bad_time"]), "yo": (None, ["bad_time"]), "me": (0.0, [])}


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
    found = Found(
        set, no_channels, set, dict, lambda key: Outcome(0, frozenset()), lambda name: False
    )
    assert source.remarks(found).hints == (f"{tmp_path}/t.csv: has column names and no row",)
