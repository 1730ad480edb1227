"""The table to fill in: what is written is read again, and no cell is a formula."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.adaptation.label_table import COLUMNS, read_labels, write_label_table
from daf_core.errors import SettingsError

IDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)
LABELS = st.floats(-3, 3).map(lambda value: round(value, 3))


def table(folder: Path, text: str) -> str:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@given(st.dictionaries(IDS, st.one_of(st.none(), LABELS), min_size=1, max_size=20))
def test_ids_and_labels_come_back(tmp_path_factory: pytest.TempPathFactory, given_labels) -> None:
    uri = str(tmp_path_factory.mktemp("labels") / "labels.csv")
    rows = [{"utterance_id": one, "label": label} for one, label in given_labels.items()]
    write_label_table(uri, rows, COLUMNS)
    found = read_labels(uri)
    labelled = {one: label for one, label in given_labels.items() if label is not None}
    assert {one.utterance_id: one.sentiment for one in found.labels} == pytest.approx(labelled)
    assert found.empty == len(given_labels) - len(labelled)
    assert not found.not_used


@given(st.text(max_size=20), st.sampled_from("=+-@\t\r'"))
def test_no_cell_of_the_source_is_a_formula(tmp_path_factory, rest: str, first: str) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    own = (first + rest).encode(errors="ignore").decode()
    write_label_table(str(path), [dict.fromkeys(("utterance_id", "speaker", "text"), own)], COLUMNS)
    (_, cells) = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_what_a_spreadsheet_makes_of_the_table_is_read(tmp_path: Path) -> None:
    uri = table(tmp_path, "utterance_id;label;stands_for\na;-1,5;12,25\nb;;3\n'-c;'-2;4\n")
    found = read_labels(uri)
    assert [(one.utterance_id, one.sentiment, one.stands_for) for one in found.labels] == [
        ("a", -1.5, 12.25),
        ("-c", -2.0, 4.0),
    ]
    assert found.empty == 1


def test_lines_that_are_no_label_are_told_with_their_place(tmp_path: Path) -> None:
    uri = table(
        tmp_path,
        "utterance_id,label,stands_for\na,1,\na,2,\nb,4,\nc,good,\n,1,\nd,1,-2\ne,0.5,\nf\n",
    )
    found = read_labels(uri)
    assert [one.utterance_id for one in found.labels] == ["a", "e"]
    assert [one.reason for one in found.not_used] == [
        *("duplicate_id", "bad_label", "bad_label", "bad_row", "bad_row", "bad_row"),
    ]
    assert all(one.message.startswith("labels.csv:") for one in found.not_used)


@pytest.mark.parametrize("text", ["id,label\na,1\n", "utterance_id,score\na,1\n"])
def test_a_table_without_its_columns_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"expected a column (utterance_id|label)"):
        read_labels(table(tmp_path, text))
    with pytest.raises(SettingsError, match="no such file; expected a table"):
        read_labels(str(tmp_path / "other.csv"))
