"""Tables, transcripts and corpora that unfold, hold nothing or never end: bounded and named."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora import own_hdf5
from daf_core.sources.manifest_rows import manifest_row
from daf_core.sources.transcripts import open_document, read_transcript
from tests.core.hostile.bounded import bounded, hollow
from tests.core.sources.corpus_forms import write_csd_folder, write_sequence
from tests.core.sources.ingest import ingest


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.json", "a.TextGrid", "a.txt", "a.eaf"])
@pytest.mark.parametrize("start", [b"", b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n\n", b"[{"])
def test_a_transcript_of_holes_is_named(tmp_path: Path, name: str, start: bytes) -> None:
    with bounded(), pytest.raises(BadInput) as refused:
        read_transcript(str(hollow(tmp_path / name, start)))
    assert refused.value.reason in ("unreadable_transcript", "bad_encoding")


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet"])
def test_a_table_of_holes_is_named(tmp_path: Path, name: str) -> None:
    starts = {"csv": b"text\nhello\n", "tsv": b"text\thello\n", "jsonl": b'{"text": "hello"}\n'}
    starts |= {"json": b'[{"text": "hello"},', "parquet": b"PAR1"}
    path = hollow(tmp_path / name, starts[name[2:]])
    with suppress(SettingsError), bounded():
        assert {row["reason"] for row in ingest(path).quarantined} == {"bad_row"}


def dictionary_bomb(path: Path) -> None:
    text = pa.array(["word " * 4_000_000])
    indices = pa.array(np.zeros(20_000, np.int32))
    column = pa.DictionaryArray.from_arrays(indices, text)
    pq.write_table(pa.table({"text": column}), path, compression="zstd")


def many_rows(path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(30_000_000, np.int8)), ["hello"])
    pq.write_table(pa.table({"text": column}), path, compression="zstd")


def long_list(path: Path) -> None:
    lists = pa.ListArray.from_arrays([0, 30_000_000], pa.array(np.zeros(30_000_000, np.int8)))
    table = pa.table({"text": ["hello"], "more": lists})
    pq.write_table(table, path, compression="zstd")


def many_columns(path: Path) -> None:
    pq.write_table(pa.table({f"c{number}": ["x"] for number in range(10_001)}), path)


@pytest.mark.parametrize("make", [dictionary_bomb, many_rows, long_list, many_columns])
def test_a_parquet_file_that_unfolds_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "t.parquet")
    assert os.path.getsize(tmp_path / "t.parquet") < 3 << 20
    with bounded(), pytest.raises(SettingsError, match=r"t\.parquet"):
        ingest(tmp_path / "t.parquet", rename={} if make is not many_columns else {"c0": "text"})


def test_texts_that_are_stored_once_are_read_as_ever(tmp_path: Path) -> None:
    texts = [f"words {number % 7}" if number % 5 else None for number in range(10_000)]
    rows = {"text": texts, "utterance_id": [str(number) for number in range(10_000)]}
    pq.write_table(pa.table(rows), tmp_path / "t.parquet")
    found = ingest(tmp_path / "t.parquet")
    assert [row["text"] for row in found.rows] == [text for text in texts if text]
    assert len(found.quarantined) == texts.count(None)


CELLS: dict[str, dict[str, Any]] = {
    "a long text": {"text": "a" * (1 << 24)},
    "a long id": {"text": "a", "utterance_id": "a" * 5000},
    "a long recording id": {"text": "a", "recording_id": "a" * 5000},
    "a long speaker": {"text": "a", "speaker": "a" * 5000},
    "a long other column": {"text": "a", "more": "a" * (2 << 20)},
    "a number of many digits": {"text": 10**400},
    "a huge channel": {"text": "a", "channel": 1e300},
    "a channel of many digits": {"text": "a", "channel": 10**400},
    "a nested cell": {"text": {"a": ["b"]}},
    "an endless label": {"text": "a", "label": float("inf")},
    "a lone surrogate": {"text": "a\udc80"},
    "a zero byte in a path": {"audio_path": "a\0b"},
}


TIMES = {
    "huge": (1e300, 1.1e300),
    "endless": (0, float("inf")),
    "no number": (0, "nan nan"),
    "of many digits": (0, "9" * 5000),
    "negative": (-1e9, 1),
}


@pytest.mark.parametrize("kind", TIMES)
def test_words_outlive_a_time_without_bounds(tmp_path: Path, kind: str) -> None:
    start_s, end_s = TIMES[kind]
    row = {"text": "a", "start_s": start_s, "end_s": end_s}
    (tmp_path / "t.jsonl").write_text(f'{{"text": "before"}}\n{json.dumps(row)}\n')
    with bounded():
        found = ingest(tmp_path / "t.jsonl")
    (_, said), refused = found.rows, found.quarantined
    assert (refused, said["text"], said["start_s"], said["end_s"]) == ([], "a", None, None)
    assert said["flags"] == ["bad_time"]


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_without_bounds_is_one_quarantined_row(tmp_path: Path, kind: str) -> None:
    rows = [{"text": "before"}, CELLS[kind], {"text": "after"}]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    with bounded():
        found = ingest(tmp_path / "t.jsonl")
    assert [row["text"] for row in found.rows] == ["before", "after"]
    (bad,) = found.quarantined
    assert len(repr(bad)) < 3 * 8192


def test_deep_meta_is_bounded_too() -> None:
    with pytest.raises(BadInput, match="columns that are none of ours"):
        manifest_row({"text": "a", **{f"c{number}": "b" * 1000 for number in range(2000)}})


@pytest.mark.parametrize("name", ["a.sbv", "a_labels.txt"])
def test_cues_without_end_are_one_named_file(tmp_path: Path, name: str) -> None:
    cue = "00:00:00.000,00:00:01.000\na\n\n" if name == "a.sbv" else "0.0\t1.0\ta\n"
    (tmp_path / name).write_text(cue * 260_000)
    with bounded(), pytest.raises(BadInput, match=r"(cues|lines), found more"):
        read_transcript(str(tmp_path / name))


def test_a_csd_file_that_unfolds_costs_the_rows_of_its_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_hdf5, "LARGEST", 1 << 20)
    folder = write_csd_folder(tmp_path / "corpus")
    with h5py.File(folder / "CMU_MOSEI_TimestampedWords.csd", "r+") as file:
        (root,) = file.values()
        first, second, third, _ = sorted(root["data"])
        for video in (first, second, third):
            del root["data"][video]["features"]
        root["data"][first]["features"] = np.full((30_000, 1), b"a", "S64")
        texts = root["data"][second].create_dataset("features", (7, 1), h5py.string_dtype())
        texts[...] = "a" * (200 << 10)
        root["data"][third].create_dataset("features", (1 << 40, 1), "S64", chunks=(1 << 10, 1))
    with bounded():
        found = ingest(folder)
    assert {row["reason"] for row in found.quarantined} == {"bad_row"}
    assert len(found.rows) == 3
    assert len(found.quarantined) == 9


def test_one_row_with_zeros_does_not_make_the_table_utf_16(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"text\nhello\n" + b"a\0" * 400 + b"\nbye\n")
    found = ingest(tmp_path / "t.csv")
    assert {"hello", "bye"} <= {row["text"] for row in found.rows}


def test_a_large_file_of_text_is_refused_unread(tmp_path: Path) -> None:
    with bounded(), pytest.raises(BadInput, match="expected at most"):
        open_document(str(hollow(tmp_path / "a.txt", b"", 65 << 20)))


def test_made_up_videos_keep_their_words(tmp_path: Path) -> None:
    words = np.array([["one"], ["two"]], dtype=h5py.string_dtype())
    folder = write_csd_folder(tmp_path / "corpus")
    spans = np.array([[0.0, 0.5], [0.5, 1.0]])
    labels = {"v": (np.zeros((1, 7), "f4"), [(0.0, 1.0)])}
    write_sequence(folder / "CMU_MOSEI_Labels.csd", labels)
    path = folder / "CMU_MOSEI_TimestampedWords.csd"
    with h5py.File(path, "w") as file:
        video = file.create_group("words/data/v")
        video.create_dataset("features", data=words)
        video["intervals"] = spans
    assert [row["text"] for row in ingest(folder).rows] == ["one two"]
