from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import BadInput, NotDone
from daf_core.manifest.parts import QUARANTINED_PER_PART, Part, PendingRecording, pack, publish
from daf_core.sources.inspection import identify
from daf_core.sources.manifest_rows import manifest_row, quarantine_row
from daf_core.storage.output import manifest_output


def rows_of(recording: str, *seconds: float) -> list[dict[str, Any]]:
    rows = []
    start_s = 0.0
    for length_s in seconds:
        cells = {"recording_id": recording, "audio_uri": f"/{recording}.wav", "text": "hi"}
        rows.append(manifest_row({**cells, "start_s": start_s, "end_s": start_s + length_s}))
        start_s += length_s
    return identify(rows).rows


def pack_all(recordings: list[list[dict[str, Any]]]) -> list[Part]:
    bad = quarantine_row(BadInput("bad_row", "t.csv:9: bad"), {})
    return list(
        pack(
            (PendingRecording(f"r{n}", "v", rows, [bad]) for n, rows in enumerate(recordings)),
            part_s=100.0,
        )
    )


def test_recordings_stay_together_and_long_ones_span_parts():
    recordings = [rows_of("a", 60), rows_of("b", 30, 30), rows_of("c", 90, 90, 90), rows_of("d", 5)]
    parts = pack_all(recordings)
    held = [[row["recording_id"] for row in part.rows] for part in parts]
    assert held == [["a"], ["b", "b"], ["c"], ["c"], ["c", "d"]]
    assert [part.number for part in parts] == [0, 1, 2, 3, 4]
    entries = [
        (e.recording, e.rows, e.quarantined, e.complete) for part in parts for e in part.entries
    ]
    assert entries == [
        ("r0", 1, 1, True),
        ("r1", 2, 1, True),
        ("r2", 1, 0, False),
        ("r2", 1, 0, False),
        ("r2", 1, 1, True),
        ("r3", 1, 1, True),
    ]


def test_clips_of_a_speaker_stay_together_up_to_twice_the_length():
    def clip(number: int, speaker: str | None) -> list[dict[str, Any]]:
        return [{**rows_of(f"c{number}", 40)[0], "speaker": speaker}]

    by = ["ann", "bob", "bob", "bob", "bob", "bob", "cat", None, None]
    parts = pack_all([clip(number, speaker) for number, speaker in enumerate(by)])
    assert [[row["speaker"] for row in part.rows] for part in parts] == [
        ["ann", "bob", "bob", "bob", "bob"],
        ["bob", "cat"],
        [None, None],
    ]


def test_a_small_archive_gets_short_parts_and_a_large_one_long_parts():
    hours = [rows_of(f"{n:03}", *[60.0] * 60) for n in range(16)]
    parts = list(
        pack((PendingRecording(rows[0]["recording_id"], "v", rows, []) for rows in hours), None)
    )
    minutes = [len(part.rows) for part in parts]
    assert minutes[:2] == [5, 5]
    assert set(minutes[16:32]) == {10}
    assert set(minutes[48:-1]) == {20}
    assert sum(minutes) == 16 * 60


def test_quarantined_rows_fill_parts_too():
    bad = quarantine_row(BadInput("bad_row", "t.csv:9: bad"), {})
    many = PendingRecording("", "v", [], [bad] * (QUARANTINED_PER_PART + 1))
    parts = list(pack([many, PendingRecording("a", "v", rows_of("a", 60), [])], 100.0, first=7))
    assert [(part.number, len(part.quarantined), len(part.rows)) for part in parts] == [
        (7, QUARANTINED_PER_PART, 0),
        (8, 1, 1),
    ]


@settings(max_examples=25)
@given(
    lengths=st.lists(st.lists(st.floats(0.1, 250), min_size=1, max_size=9), min_size=1, max_size=9)
)
def test_parts_hold_every_row_once_in_order_and_are_never_overfull(lengths):
    recordings = [rows_of(f"r{index}", *several) for index, several in enumerate(lengths)]
    parts = pack_all(recordings)
    assert [row for part in parts for row in part.rows] == [
        row for rows in recordings for row in rows
    ]
    for part in parts:
        seconds = sum(row["end_s"] - row["start_s"] for row in part.rows)
        assert seconds <= 100 + 1e-6 or len(part.rows) == 1
        assert sum(entry.rows for entry in part.entries) == len(part.rows)


def test_the_same_rows_give_the_same_files_and_contents(tmp_path):
    def publish_all(folder: str, recordings: list[list[dict[str, Any]]]) -> list[str]:
        output = manifest_output(str(tmp_path / folder))
        found = [publish(output, part, lambda: None) for part in pack_all(recordings)]
        return [facts.rows_fingerprint for facts in found if facts]

    first = publish_all("1", [rows_of("a", 60), rows_of("b", 60)])
    second = publish_all("2", [rows_of("a", 60), rows_of("b", 60)])
    other = publish_all("3", [rows_of("a", 60), rows_of("b", 61)])
    assert first == second
    assert first[0] == other[0]
    assert first[1] != other[1]
    for name in ("manifest/part-00001.parquet", "quarantine/part-00001.parquet"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    publish_all("1", [rows_of("a", 60), rows_of("b", 60)])
    with pytest.raises(NotDone, match="another ingest is at work"):
        publish_all("1", [rows_of("a", 60), rows_of("b", 61)])


def test_ids_depend_on_what_is_said_when_and_where_only():
    (first,), (again,), (longer,) = rows_of("a", 60), rows_of("a", 60), rows_of("a", 60.001)
    assert first["utterance_id"] == again["utterance_id"]
    assert len({row["utterance_id"] for row in (first, longer, *rows_of("b", 60))}) == 3
    found = identify([first, again])
    assert [row["reason"] for row in found.quarantined] == ["duplicate_id"]
    assert len(found.rows) == 1
