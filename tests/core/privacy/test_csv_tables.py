"""Tables beside scores lose words and recordings, however a spreadsheet has saved them."""

from pathlib import Path

import pytest

from daf_core.errors import NotDone
from daf_core.privacy.csv_tables import drop_words_in_table, forget_in_table

ROWS = [
    ["utterance_id", "recording_id", "text", "label"],
    ["1", "call-1", "schön, ja", "2"],
    ["2", "call-2", "", ""],
    ["3", "recording_id", "über; alles", "-1"],
]
SAVED = {
    "as daf writes it": (",", "utf-8-sig"),
    "semicolons, Windows": (";", "cp1252"),
    "tabs, UTF-16": ("\t", "utf-16"),
}


def save(path: Path, separator: str, encoding: str, rows: list[list[str]] = ROWS) -> str:
    text = "".join(separator.join(f'"{one}"' for one in row) + "\r\n" for row in rows)
    path.write_bytes(text.encode(encoding))
    return str(path)


def lines_of(path: str) -> list[str]:
    return Path(path).read_text("utf-8-sig").splitlines()


@pytest.mark.parametrize(("separator", "encoding"), SAVED.values(), ids=SAVED.keys())
def test_words_go_and_lines_stay(tmp_path: Path, separator: str, encoding: str) -> None:
    table = save(tmp_path / "labels.csv", separator, encoding)
    assert drop_words_in_table(table) == 2
    assert lines_of(table) == [
        separator.join(row[:2] + ([row[2]] if number == 0 else [""]) + row[3:])
        for number, row in enumerate(ROWS)
    ]
    assert drop_words_in_table(table) == 0


@pytest.mark.parametrize(("separator", "encoding"), SAVED.values(), ids=SAVED.keys())
def test_lines_of_a_recording_go(tmp_path: Path, separator: str, encoding: str) -> None:
    table = save(tmp_path / "labels.csv", separator, encoding)
    assert forget_in_table(table, {"call-1", "recording_id"}) == 2
    assert len(lines_of(table)) == 2
    assert lines_of(table)[0] == separator.join(ROWS[0])


def test_names_of_columns_are_found_in_any_case(tmp_path: Path) -> None:
    rows = [[" Recording_ID", "Text "], ["call-1", "words"]]
    table = save(tmp_path / "x.csv", ",", "utf-8", rows)
    assert drop_words_in_table(table) == 1
    assert forget_in_table(table, {"call-1"}) == 1


def test_other_tables_stay_as_they_are_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    table = save(tmp_path / "other.csv", ",", "utf-8", [["queue", "n"], ["billing", "3"]])
    before = Path(table).read_bytes()
    assert (drop_words_in_table(table), forget_in_table(table, {"3"})) == (0, 0)
    assert Path(table).read_bytes() == before
    broken = tmp_path / "broken.csv"
    broken.write_bytes(bytes(range(256)) * 64)  # no text in any encoding
    with pytest.raises(NotDone, match=r"broken\.csv: expected a table that can be read"):
        drop_words_in_table(str(broken))


@pytest.mark.parametrize("before", ["sep=;\r\n", "Labels of May;;;\r\n;;;\r\n"])
def test_words_go_below_what_spreadsheets_write_before_the_names(tmp_path, before: str) -> None:
    table = tmp_path / "labels.csv"
    save(table, ";", "cp1252")
    table.write_bytes(before.encode() + table.read_bytes())
    assert drop_words_in_table(str(table)) == 2
    assert "schön" not in table.read_text("utf-8-sig")
    assert forget_in_table(str(table), {"call-1"}) == 1
