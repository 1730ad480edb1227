import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from daf_core.errors import SettingsError
from daf_core.manifest.parts import manifest_flags
from daf_core.schemas import MANIFEST
from daf_core.sources.open_source import open_source
from daf_core.stages.decode import decode_part
from tests.core.sources.ingest import ingest

RATE_HZ = 8000


def tone(path: Path, seconds: float = 2.0, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sf.write(path, np.tile(0.3 * np.sin(2 * np.pi * 220 * times)[:, None], channels), RATE_HZ)


def reasons(quarantined: list[dict[str, Any]]) -> list[str]:
    return [row["reason"] for row in quarantined]


def write_csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_same_rows_from_every_kind_of_table(tmp_path):
    tone(tmp_path / "calls/a.wav")
    rows = [
        {"id": "u1", "text": "fine", "audio_path": "calls/a.wav", "label": 1.5, "mood": "calm"},
        {"id": "u2", "text": None, "audio_path": "calls/a.wav", "label": None, "mood": None},
    ]
    csv = write_csv(
        tmp_path / "t.csv",
        "id,text,audio_path,label,mood",
        "u1,fine,calls/a.wav,1.5,calm",
        "u2,,calls/a.wav,,",
    )
    jsonl = tmp_path / "t.jsonl"
    jsonl.write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist(rows), parquet)

    found = [ingest(path, rename={"id": "utterance_id"}) for path in (csv, jsonl, parquet)]
    assert found[0] == found[1] == found[2]
    (first, second), quarantined = found[0]
    assert quarantined == []
    assert first["recording_id"] == "calls/a"
    assert first["audio_uri"] == str(tmp_path / "calls/a.wav")
    assert (first["start_s"], first["end_s"], first["label"]) == (0.0, 2.0, 1.5)
    assert first["meta"] == {"mood": "calm"}
    assert (second["utterance_id"], second["text"], second["label"]) == ("u2", None, None)


def test_each_unfit_row_is_named_and_the_rest_goes_on(tmp_path):
    tone(tmp_path / "a.wav", channels=2)
    columns = "utterance_id,text,audio_path,channel,start_s,end_s,label,split"
    unfit = {
        "bad_time": "x,,a.wav,,soon,1,,",
        "end_before_start": "x,,a.wav,,1,1,,",
        "outside_recording": "x,,a.wav,,2.1,2.6,,",
        "bad_channel": "x,hi,a.wav,2,0,1,,",
        "bad_label": "x,hi,a.wav,,0,1,3.5,",
        "bad_split": "x,hi,a.wav,,0,1,,held out",
        "empty_row": "x,,,,,,1,test",
        "duplicate_id": "good,again,a.wav,,0,1,,",
        "missing_audio": "x,,b.wav,,,,,",
        "bad_row": "x,hi",
    }
    for reason, line in unfit.items():
        table = write_csv(
            tmp_path / "t.csv", columns, "good,hi,a.wav,1,-0.4,2.4,-3,train", line, "last,ho,,,,,,"
        )
        rows, quarantined = ingest(table)
        assert reasons(quarantined) == [reason], quarantined
        assert sorted(row["utterance_id"] for row in rows) == ["good", "last"]
        kept = next(row for row in rows if row["utterance_id"] == "good")
        assert (kept["start_s"], kept["end_s"], kept["channel"]) == (0.0, 2.0, 1)


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ("5,5", "end_before_start"),
        ("5,4.9", "end_before_start"),
        ("soon,1", "bad_time"),
        ("0,late", "bad_time"),
        ("-7,1", "bad_time"),
        ("0,1e300", "bad_time"),
        ("1,", "bad_time"),
        (",1", "bad_time"),
    ],
)
@pytest.mark.parametrize("audio", ["", "a.wav", "gone.wav"])
def test_words_outlive_times_that_cannot_be_used(tmp_path, times, reason, audio):
    """As they do audio that cannot be read; where they are heard is not known. A row of audio alone
    is quarantined."""
    tone(tmp_path / "a.wav")
    table = write_csv(tmp_path / "t.csv", "text,audio_path,start_s,end_s", f"hi,{audio},{times}")
    ((row,), quarantined) = ingest(table)
    assert quarantined == []
    assert (row["text"], row["start_s"], row["end_s"]) == ("hi", None, None)
    assert row["flags"] == [reason, *["missing_audio"] * (audio == "gone.wav")]
    decoded = decode_part(pa.Table.from_pylist([row], schema=MANIFEST))
    assert decoded["samples"].to_pylist() == [None]
    assert "no_audio" in decoded["flags"][0].as_py()
    assert {reason, "missing_audio"} & {*decoded["flags"][0].as_py()}
    assert manifest_flags(pa.Table.from_pylist([row], schema=MANIFEST))["no_audio"] == 1
    if audio:
        table = write_csv(tmp_path / "t.csv", "text,audio_path,start_s,end_s", f",{audio},{times}")
        assert [reasons(found) for found in ingest(table)[1:]] == [[reason]]


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("neutral", "a word"),
        ("rather good", "2 words"),
        ('"2,5"', "other digits and signs"),
    ],
)
def test_a_cell_that_is_no_number_is_described_and_never_repeated(tmp_path, label, found):
    table = write_csv(tmp_path / "t.csv", "text,label", f"hi,{label}")
    _, (quarantined,) = ingest(table)
    assert quarantined["reason"] == "bad_label"
    assert (
        f"label: expected a number such as 2.5 (with a decimal point), found {found}"
        in quarantined["message"]
    )


def test_corpora_call_the_validation_rows_by_several_names(tmp_path):
    names = ["train", "valid", "dev", "val", "validation", "test", "", "Training", "TEST", "Dev"]
    table = write_csv(tmp_path / "t.csv", "text,split", *(f"hi {name},{name}" for name in names))
    rows, quarantined = ingest(table)
    assert quarantined == []
    found = {row["text"].removeprefix("hi").strip(): row["split"] for row in rows}
    assert found == dict(
        zip(names, ["train", *["valid"] * 4, "test", None, "train", "test", "valid"], strict=True)
    )


def test_broken_lines_are_named_by_file_and_line(tmp_path):
    table = tmp_path / "t.csv"
    table.write_bytes(b'text,label\nfine,1\ncaf\x81,1\n"he said "no"",1\n\n"two\nlines",2\n')
    rows, quarantined = ingest(table)
    assert [row["text"] for row in rows] == ["fine", "two\nlines"]
    assert [(row["reason"], row["message"].split(": ")[0]) for row in quarantined] == [
        ("bad_encoding", "t.csv:3"),
        ("bad_row", "t.csv:4"),
    ]
    table = tmp_path / "t.jsonl"
    table.write_bytes(
        b'{"text": "fine"}\n{"text": \n[1]\n{"text": "\x81"}\n{"text": "\\ud800"}\n\n'
    )
    rows, quarantined = ingest(table)
    assert [row["text"] for row in rows] == ["fine"]
    assert [(row["reason"], row["message"].split(": ")[0]) for row in quarantined] == [
        ("bad_row", "t.jsonl:2"),
        ("bad_row", "t.jsonl:3"),
        ("bad_encoding", "t.jsonl:4"),
        ("bad_encoding", "t.jsonl:5"),
    ]


def test_messages_never_hold_text_of_a_row(tmp_path):
    table = write_csv(
        tmp_path / "t.csv", "text,label,start_s,split", *["secret,secret,secret,secret"]
    )
    _, quarantined = ingest(table)
    assert len(quarantined) == 1
    assert "secret" not in quarantined[0]["message"]


def test_rows_of_a_recording_come_together_in_order_of_time(tmp_path):
    table = write_csv(
        tmp_path / "t.csv",
        "text,recording_id,start_s,end_s",
        "b2,b,5,6",
        "a1,a,1,2",
        "b1,b,1,2",
        "alone,,,",
        "a1,a,1,2",
    )
    rows, quarantined = ingest(table)
    assert [row["text"] for row in rows] == ["b1", "b2", "a1", "alone"]
    assert reasons(quarantined) == ["duplicate_id"]
    assert rows[3]["recording_id"] == rows[3]["utterance_id"]


def test_files_that_differ_in_suffix_or_only_in_place_do_not_collide(tmp_path):
    for name in ("a.wav", "a.flac", "calls/1.wav", "calls/2.wav"):
        tone(tmp_path / name)
    table = write_csv(
        tmp_path / "t.csv",
        "audio_path,recording_id",
        "a.wav,",
        "./a.flac,",
        "calls/1.wav,call",
        "calls/2.wav,call",
    )
    rows, quarantined = ingest(table)
    assert quarantined == []
    assert [row["recording_id"] for row in rows] == ["a.wav", "a.flac", "call", "call"]
    assert len({row["utterance_id"] for row in rows}) == 4


def test_text_outlives_its_audio(tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "prose.wav").write_text("no sound at all")
    lines = [f"{text},{name}.wav" for text in ("hi", "") for name in ("gone", "empty", "prose")]
    rows, quarantined = ingest(write_csv(tmp_path / "t.csv", "text,audio_path", *lines))
    assert [row["recording_id"] for row in rows] == ["gone", "empty", "prose"]
    assert reasons(quarantined) == ["missing_audio", "empty_audio", "unreadable_audio"]


@pytest.mark.parametrize(
    ("lines", "rename", "said"),
    [
        (["words,mood"], {}, "words, mood"),
        (["text"], {"start": "start_s"}, "start"),
        (["text,text"], {}, "expected different column names"),
        (["text,words"], {"words": "text"}, "different column names after `rename`, found text"),
        ([""], {}, "t.csv"),
    ],
)
def test_a_table_that_cannot_be_one_stops_the_job(tmp_path, lines, rename, said):
    with pytest.raises(SettingsError, match=said):
        open_source(str(write_csv(tmp_path / "t.csv", *lines)), rename)


def test_a_source_that_is_not_there_or_holds_nothing_stops_the_job(tmp_path):
    with pytest.raises(SettingsError, match="nothing there"):
        open_source(str(tmp_path / "t.csv"))
    (tmp_path / "t.parquet").write_text("no Parquet")
    with pytest.raises(SettingsError, match=r"t\.parquet"):
        open_source(str(tmp_path / "t.parquet"))
    (tmp_path / "empty/within").mkdir(parents=True)
    with pytest.raises(SettingsError, match="expected recordings"):
        open_source(str(tmp_path / "empty"))


def test_a_column_is_renamed_only_to_one_that_means_something(tmp_path):
    table = write_csv(tmp_path / "t.csv", "text,said_at", "hi,2")
    with pytest.raises(SettingsError, match="`rename` said_at=start: expected one of text, "):
        open_source(str(table), rename={"said_at": "start"})


def versions(path: Path) -> dict[str, str]:
    source = open_source(str(path))
    source.gather()
    return {name: source.version(name, found) for name, found in source.recordings()}


def test_what_changed_has_another_version_and_the_rest_has_not(tmp_path):
    for name in "ab":
        tone(tmp_path / f"{name}.wav")
    table = write_csv(tmp_path / "t.csv", "text,audio_path", "hi,a.wav", "ho,b.wav", "hey,")
    before = versions(table)
    assert before == versions(table)
    tone(tmp_path / "a.wav", seconds=3.0)
    write_csv(table, "text,audio_path", "hi,a.wav", "ho,b.wav", "ho,")
    assert {name for name, _ in before.items() & versions(table).items()} == {"b"}
