from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.inspection import settle
from daf_core.manifest import ManifestWriter
from daf_core.runs import manifest_output
from daf_core.tables import join, list_parts, part_name, read
from daf_core.utterances import manifest_row, quarantined


def rows_of(recording: str, *seconds: float) -> list[dict[str, Any]]:
    rows = []
    start_s = 0.0
    for length_s in seconds:
        cells = {"recording_id": recording, "audio_uri": f"/{recording}.wav", "text": "hi"}
        rows.append(manifest_row({**cells, "start_s": start_s, "end_s": start_s + length_s}))
        start_s += length_s
    return settle(rows)[0]


def write_manifest(uri: str, recordings: list[list[dict[str, Any]]]) -> dict[str, Any]:
    writer = ManifestWriter(manifest_output(uri), part_s=100.0)
    for rows in recordings:
        writer.add(rows, [quarantined(BadInput("bad_row", "t.csv:9: bad"), {})])
    return writer.close()


def parts_of(uri: str) -> list[list[str]]:
    parts = [read(join(uri, name), "manifest")[0] for name in list_parts(uri)]
    return [part["recording_id"].to_pylist() for part in parts]


def test_recordings_stay_together_and_long_ones_span_parts(tmp_path):
    recordings = [rows_of("a", 60), rows_of("b", 30, 30), rows_of("c", 90, 90, 90), rows_of("d", 5)]
    finished = write_manifest(str(tmp_path), recordings)
    assert parts_of(str(tmp_path)) == [["a"], ["b", "b"], ["c"], ["c"], ["c", "d"]]
    assert (finished["rows_in"], finished["rows"], finished["quarantined"]) == (
        11,
        7,
        {"bad_row": 4},
    )
    assert finished["audio_hours"] == pytest.approx(395 / 3600, abs=1e-4)
    quarantine, _ = read(join(str(tmp_path), "_quarantine", part_name(0)), "quarantine")
    assert quarantine["reason"].to_pylist() == ["bad_row"] * 4


@settings(deadline=None, max_examples=25)
@given(
    lengths=st.lists(st.lists(st.floats(0.1, 250), min_size=1, max_size=9), min_size=1, max_size=9)
)
def test_parts_hold_every_row_once_in_order_and_are_never_overfull(tmp_path_factory, lengths):
    uri = str(tmp_path_factory.mktemp("manifest"))
    recordings = [rows_of(f"r{index}", *several) for index, several in enumerate(lengths)]
    write_manifest(uri, recordings)
    parts = [read(join(uri, name), "manifest")[0] for name in list_parts(uri)]
    written = [row for part in parts for row in part.to_pylist()]
    assert [row["utterance_id"] for row in written] == [
        row["utterance_id"] for rows in recordings for row in rows
    ]
    for part in parts:
        seconds = sum(row["end_s"] - row["start_s"] for row in part.to_pylist())
        assert seconds <= 100 + 1e-6 or part.num_rows == 1


def test_the_same_rows_give_the_same_files_and_fingerprint(tmp_path):
    first = write_manifest(str(tmp_path / "1"), [rows_of("a", 60), rows_of("b", 60)])
    second = write_manifest(str(tmp_path / "2"), [rows_of("a", 60), rows_of("b", 60)])
    other = write_manifest(str(tmp_path / "3"), [rows_of("a", 60), rows_of("b", 61)])
    assert first["fingerprint"] == second["fingerprint"] != other["fingerprint"]
    for name in ("part-00000.parquet", "part-00001.parquet", "_quarantine/part-00000.parquet"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_ids_depend_on_what_is_said_when_and_where_only():
    (first,), (again,), (longer,) = rows_of("a", 60), rows_of("a", 60), rows_of("a", 60.001)
    assert first["utterance_id"] == again["utterance_id"]
    assert len({row["utterance_id"] for row in (first, longer, *rows_of("b", 60))}) == 3
    kept, rejected = settle([first, again])
    assert (len(kept), [row["reason"] for row in rejected]) == (1, ["duplicate_id"])
