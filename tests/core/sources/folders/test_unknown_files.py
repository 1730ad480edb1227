"""A file that is not used says what was found in it, and what was expected."""

import pytest

from tests.core.sources.ingest import ingest


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.json", b'{"foo": 1, "bar": [1, 2]}', "found the keys foo, bar"),
        ("a.json", '{"segments": [{"text": "hé'.encode(), "JSON that is cut at byte 23"),
        ("a.json", b'{"a": 1,, "b": 2}', "JSON that is damaged at byte 8"),
        ("a.json", b'[{"id": 1, "words": "so"}]', "found 1 with the keys id, words"),
        ("a.jsonl", b'{"id": 1, "b": 2}\n{"id": 2}\n', "found the keys id, b"),
        ("a.csv", b"id,words,when\n1,hello,2\n", "found id, words, when"),
        ("a.csv", b"1,2.5,hello\n", "found no names"),
        ("a.xml", b"<rss><item/></rss>", "found XML whose root is rss"),
        ("a.xml", b"<rss><item></rss>", "found XML that is damaged at line 1"),
        ("a.xml", b"<?xml version='1.0' encoding='utt-8'?>\n<rss/>", "XML whose root is rss"),
        ("a.html", b"<!DOCTYPE html><html><br></html>", "found a page of HTML"),
        ("a.sub", b"{0}{22}hello|yes\n", "found text without times"),
        ("chat.txt", b"10:00:01 From Ana : hello\n", "found messages of a chat"),
        ("a.md", b"yes, so\n", "found text without times"),
        ("a.pdf", b"%PDF-1.4\n\x00\xff\xfe\x80", "found a PDF"),
        ("a.docx", b"PK\x03\x04" + bytes(range(128, 256)), "found a ZIP or Office document"),
        ("a.xlsx", b"PK\x03\x04" + bytes(range(128, 256)), "a workbook; save the sheet"),
        ("a.csv", b"PK\x03\x04\0\xff xl/workbook.xml \xff", "a workbook; save the sheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\0\0" + bytes(range(128, 256)), "a workbook; save the sheet"),
        ("a.odt", b"PK\x03\x04" + bytes(range(128, 256)), "a text document; save it as .docx"),
        ("a.csv", b"sep=;\nid;words\n1;2\n", "found id, words; name them start, end, speaker"),
        ("a.bin", bytes(range(256)), "found bytes that are neither text nor sound"),
    ],
)
def test_the_message_says_what_was_found(name, data, told, tmp_path):
    (tmp_path / name).write_bytes(data)
    (row,) = ingest(tmp_path).quarantined
    assert row["reason"] == "unknown_format"
    assert told in row["message"]
    assert "expected" in row["message"]
    assert "hello" not in row["message"]
    assert "yes" not in row["message"]
