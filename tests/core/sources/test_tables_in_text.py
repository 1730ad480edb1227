"""Tables as people have them: separators, quotes, encodings; no bytes break a reader."""

import contextlib
import csv
import io
import logging

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.table_csv import find_separator
from daf_core.sources.table_rows import open_rows
from tests.core.sources.ingest import ingest
from tests.core.sources.table_files import reasons, texts, write

GERMAN = "Ich möchte über die Lieferung sprechen. Schöne Grüße"
POLISH = "Dziękuję bardzo za pomoc, proszę poczekać chwilę. Zażółć gęślą jaźń"


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
        ("t.csv", '"sep=;"\ntext;label\nfein, danke;1,5\n', "separated by semicolons"),
        ("t.csv", 'Export,,\n,,\n\ntext,label,\n"fein, danke",1.5,\n', "columns are in line 4"),
        ("t.tsv", "Calls of May\ntext\tlabel\nfein, danke\t1.5\n", "columns are in line 2"),
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


CELL = st.text("abc, ", max_size=5)


@given(st.lists(st.lists(CELL, max_size=2), max_size=10), st.sampled_from(",;\t"))
def test_titles_before_the_names_of_columns_are_left_out(tmp_path_factory, titles, separator):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=separator)
    writer.writerows([*titles, ["file", "agent", "csat"], ["c1.wav", "Ana", "3"]])
    with open_rows(str(write(path, sink.getvalue()))) as table:
        assert table.columns == ["file", "agent", "csat"]
        assert [row for _, row in table.rows] == [{"file": "c1.wav", "agent": "Ana", "csat": "3"}]


def test_a_row_of_names_is_no_title_and_a_row_that_holds_such_a_word_no_header(tmp_path):
    lines = ["id,nr,kind", "1,2,text", "1,file,text"]
    with open_rows(str(write(tmp_path / "t.csv", "\n".join(lines)))) as table:
        assert table.columns == ["id", "nr", "kind"]
        assert len([*table.rows]) == 2


def test_a_decimal_comma_beside_semicolons_is_a_point_in_other_columns_too(tmp_path):
    cells = {"2,5": "2.5", "-0,25": "-0.25", "1.234,50": "1234.50", "3": "3", "007,5": "007,5"}
    cells |= {"1,2,3": "1,2,3", "28.11.2026": "28.11.2026", "gut, ja": "gut, ja"}
    rows = "".join(f"hi {number};{theirs}\n" for number, theirs in enumerate(cells))
    found, _ = ingest(write(tmp_path / "t.csv", f"text;csat\n{rows}"))
    assert [row["meta"]["csat"] for row in found] == [*cells.values()]
    commas, _ = ingest(write(tmp_path / "u.csv", 'text,csat\nhi,"2,5"\n'))
    assert commas[0]["meta"] == {"csat": "2,5"}
