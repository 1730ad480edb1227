"""What paths and tables say of recordings, under the names that archives and tables give them."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import SettingsError
from daf_core.sources.folders.metadata import PathMeta
from daf_core.sources.folders.metadata_table import TableMeta
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.open_source import open_source
from daf_core.sources.remarks import Found, OnChannels, Outcome
from tests.core.sources.folders.files import text, tone
from tests.core.sources.folders.ingest import ingest, refused

GROUPS = {"c1": ["c1.wav", "c1.vtt"], "sub/c2": ["sub/C2.mp3"], "1001": ["1001.wav"]}


def no_channels() -> OnChannels:
    return OnChannels(Counter(), {})


def joined(table: Path, content: str) -> TableMeta:
    table.write_text(content)
    meta = TableMeta(str(table))
    meta.join(GROUPS)
    return meta


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("c1", "c1.wav"),
        ("./C1.WAV", "c1.wav"),
        ("/mnt/2024/c1.wav", "c1.wav"),
        ("C:\\calls\\c1.wav", "c1.wav"),
        ("s3://bucket/archive/sub/c2.mp3", "sub/C2.mp3"),
        ("sub\\c2", "sub/C2.mp3"),
        ("c2", "sub/C2.mp3"),
        ("1001.0", "1001.wav"),
    ],
)
def test_a_line_finds_the_recording_under_the_names_of_other_machines(called, name, tmp_path):
    meta = joined(tmp_path / "m.csv", f"file,queue\n{called},billing\n")
    assert meta(name) == {"queue": "billing"}
    assert (meta.unmatched, meta.quarantined, meta.fitting) == ([], [], 1)


@pytest.mark.parametrize(
    "called", ["other/c2.mp3", "/mnt/other/c2.mp3", "c1.mp3", "c", "/", ".wav"]
)
def test_a_path_that_says_otherwise_fits_nothing_and_is_named(called, tmp_path):
    meta = joined(tmp_path / "m.csv", f"file,queue\n{called},billing\n")
    assert not any(meta.knows(name) for names in GROUPS.values() for name in names)
    assert [row["reason"] for row in meta.quarantined] == ["unmatched_meta"]


@given(st.lists(st.sampled_from(["c1", "c2", "", "x", "NA", "1001", "c1.wav"]), max_size=8))
def test_every_line_is_joined_or_named(tmp_path_factory, called):
    table = tmp_path_factory.mktemp("t") / "m.csv"
    rows = "".join(f'"{name}",{number}\n' for number, name in enumerate(called))
    meta = joined(table, f"file,queue\n{rows}")
    about = {value for names in GROUPS.values() for name in names for value in meta(name).values()}
    named = {row["message"].split(": ")[0] for row in meta.quarantined}
    assert {f"m.csv:{int(value) + 2}" for value in about} | named == {
        f"m.csv:{number + 2}" for number in range(len(called))
    }


@pytest.mark.parametrize("head", ["File Name", " file ", "FILENAME", "call_id", "Recording", "wav"])
def test_the_column_of_names_is_known_as_tools_call_it(head, tmp_path):
    assert joined(tmp_path / "m.csv", f"{head},q\nc1,1\n")("c1.wav") == {"q": "1"}


@pytest.mark.parametrize(
    "before", ["", "Call export,,\n,,\n", "Call export\n\n", "Export,of May\n", "sep=,\n"]
)
def test_titles_may_stand_before_the_names_of_columns(before, tmp_path):
    meta = joined(tmp_path / "m.csv", f"{before}file,agent,csat\nc1,Ana,3\n")
    assert meta("c1.wav") == {"agent": "Ana", "csat": "3"}


def test_where_no_line_names_the_recording_the_message_says_which_was_read(tmp_path):
    said = "found agent and 2 that are empty, long or have spaces in the first line that holds"
    with pytest.raises(SettingsError, match=said):
        joined(tmp_path / "m.csv", "agent,my call,the day\nAna,c1,3\n")


def test_beside_semicolons_a_decimal_comma_is_a_point_but_in_names_of_recordings(tmp_path):
    meta = joined(tmp_path / "m.csv", "file;csat;day\nc1;2,5;28.11.2026\n1001,0;3;\n")
    assert meta("c1.wav") == {"csat": "2.5", "day": "28.11.2026"}
    assert meta.unmatched == ["1001,0"]


def test_of_several_columns_of_names_the_one_counts_that_fits(tmp_path):
    meta = joined(tmp_path / "m.csv", "recording_id,file,q\n901,c1.wav,1\n902,sub/c2.mp3,2\n")
    assert meta("c1.wav") == {"recording_id": "901", "q": "1"}
    assert meta.quarantined == []


def test_numbers_lists_and_bytes_of_parquet(tmp_path):
    table = pa.table({"recording_id": [1001.0], "q": [["x", "y"]], "voice": [b"RIFF"]})
    pq.write_table(table, tmp_path / "m.parquet")
    meta = TableMeta(str(tmp_path / "m.parquet"))
    meta.join(GROUPS)
    assert meta("1001.wav") == {"q": '["x", "y"]'}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("queue,agent\n1,2\n", "expected a column that names the recording.*found queue, agent"),
        ("file\nc1\n", "expected another column beside file, found none"),
    ],
)
def test_a_table_that_says_nothing_of_recordings_is_refused(content, said, tmp_path):
    with pytest.raises(SettingsError, match=said):
        joined(tmp_path / "m.csv", content)


def test_a_line_that_would_fill_each_row_of_its_recording_is_named(tmp_path):
    meta = joined(tmp_path / "m.csv", f"file,notes\nc1,{'n' * (1 << 20)}\nc2,short\n")
    assert [row["reason"] for row in meta.quarantined] == ["bad_row"]
    assert (meta("c1.wav"), meta("sub/C2.mp3")) == ({}, {"notes": "short"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("m.xlsx", r"expected a table \(\.csv, .* found a file .xlsx; save it as .csv"),
        ("gone.csv", r"gone\.csv: no such file; expected a table \(\.csv, "),
        ("gone.xlsx", r"gone\.xlsx: no such file; expected a table \(\.csv, "),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(name, said, tmp_path):
    (tmp_path / "m.xlsx").touch()
    with pytest.raises(SettingsError, match=said):
        TableMeta(str(tmp_path / name))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["02/03/2026", "13/03/2026 09:30", "?"], "02/03/2026"),
        (["2.3.26", "3.3.26", ""], "2.3.26"),
        (["02.03.2026", "n/a", "3.3.2026"], "02.03.2026"),
        (["02.03.2026", "03.03.2026 10:00", ""], None),  # days before months, as all dotted ones
        (["2026-03-02", "2026-03-03", "2026-03-04"], None),
        (["1/2", "02/03/2026", "b"], None),
        (["", "", ""], None),
    ],
)
def test_a_column_of_days_that_stay_text_is_told(days, told, tmp_path):
    lines = [f"c{number},{day}" for number, day in enumerate(days)]
    meta = joined(tmp_path / "m.csv", "\n".join(["call_id,Call Date", *lines]) + "\n")
    assert [note for note in meta.notes if "text" in note] == (
        [
            f'column "Call Date" is kept as text, as not all of it reads as dates in one way, such '
            f'as "{told}"; days as 2026-03-02 are read as dates'
        ]
        if told
        else []
    )


def test_a_key_of_a_path_without_a_value_is_not_given():
    path_meta = PathMeta(None)
    assert path_meta("date=2024-01-02/queue=/team=__HIVE_DEFAULT_PARTITION__/c.wav") == {
        "date": "2024-01-02"
    }


def test_paths_that_a_pattern_does_not_fit_are_told(tmp_path):
    for name in ("a_20240101.wav", "b.wav"):
        tone(tmp_path / name)
    source = open_source(str(tmp_path), options=FolderOptions(meta_regex=r"(?P<day>\d{8})"))
    source.gather()
    found = Found(
        set, no_channels, set, dict, lambda key: Outcome(1, frozenset()), lambda name: False
    )
    remarks = source.remarks(found)
    assert remarks.unmatched == ()
    assert remarks.hints == ("`meta_regex`: 1 of 2 paths does not fit, such as b.wav",)


def test_what_is_known_of_a_recording_comes_from_paths_and_a_table(tmp_path):
    folder = tmp_path / "calls"
    for name in ("queue=billing%20desk/ana_20260302.wav", "queue=sales/bob_20260303.wav", "c.wav"):
        tone(folder / name)
        text(folder / name.replace(".wav", ".vtt"))
    table = text(
        folder / "meta.csv", "file,customer,queue\nana_20260302.wav,gold,x\nC,,y\nnone,silver,z\n"
    )
    found = ingest(folder, meta=str(table), meta_regex=r"(?P<agent>\w+)_(?P<date>\d{8})")
    assert {row["recording_id"]: row["meta"] for row in found.rows} == {
        "queue=billing%20desk/ana_20260302": {
            "queue": "x",
            "agent": "ana",
            "date": "20260302",
            "customer": "gold",
        },
        "queue=sales/bob_20260303": {"queue": "sales", "agent": "bob", "date": "20260303"},
        "c": {"queue": "y"},
    }
    assert refused(found) == [("none", "unmatched_meta")]


def _meta(tmp_path: Path, lines: str) -> tuple[dict[str, object], list[str]]:
    table = text(tmp_path.parent / f"{tmp_path.name}.csv", f"file,team\n{lines}")
    found = ingest(tmp_path, meta=str(table))
    of_rows = {row["recording_id"]: row["meta"].get("team") for row in found.rows}
    return of_rows, [f"{row['reason']}: {row['message']}" for row in found.quarantined]


def test_two_lines_about_one_recording_are_told(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.vtt")
    teams, told = _meta(tmp_path, "a,1\na.wav,2\na,1\n")
    assert teams == {"a": "2"}  # the fuller name
    assert len(told) == 2
    assert all(one.startswith("ambiguous_meta: ") for one in told)
    assert "expected one line of this recording" in told[0]
    assert _meta(tmp_path, "a,1\na,1\n") == ({"a": "1"}, [])


def test_a_file_name_of_two_folders_is_no_recordings(tmp_path):
    for folder in ("x", "y"):
        tone(tmp_path / folder / "a.wav")
        text(tmp_path / folder / "a.vtt")
    teams, told = _meta(tmp_path, "a.wav,1\n")
    assert teams == {"x/a": None, "y/a": None}
    assert "found 2: x/a, y/a; give the path within the folder" in told[0]
    assert _meta(tmp_path, "x/a.wav,1\ny/a,2\n") == ({"x/a": "1", "y/a": "2"}, [])


def test_a_name_means_the_recording_beside_other_files_of_its_name(tmp_path):
    tone(tmp_path / "x" / "a.wav")
    text(tmp_path / "x" / "a.vtt")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.pdf").write_bytes(b"%PDF-1.4\n\xff")
    teams, _ = _meta(tmp_path, "a,1\n")
    assert teams == {"x/a": "1"}


def test_a_line_about_the_transcript_is_about_its_recording(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.vtt")
    assert _meta(tmp_path, "a.vtt,1\n") == ({"a": "1"}, [])
