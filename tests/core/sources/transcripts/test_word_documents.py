"""Word documents are read as the text that they hold; damaged and large ones are refused."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.sources.transcripts import read_transcript
from daf_core.sources.transcripts.reading.word_document import is_word_document, text_of
from tests.core.sources.transcripts.reading import utterances

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEAMS = "".join(
    f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{who}</w:t></w:r>"
    f'<w:r><w:t xml:space="preserve">   {at}</w:t><w:br/></w:r><w:r><w:t>{words}</w:t></w:r>'
    "<w:del><w:r><w:delText>not said</w:delText></w:r></w:del></w:p>"
    for who, at, words in [("Ana Lopez", "0:03", "so it is"), ("Bob", "0:09", "fine &amp; well")]
)


def word(body: str, name: str = "word/document.xml") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, f"<w:document {_W}><w:body>{body}</w:body></w:document>")
    return file.getvalue()


def test_a_transcript_of_teams_is_read_from_its_document(tmp_path: Path):
    (tmp_path / "a.docx").write_bytes(word(f"<w:p><w:r><w:t>Weekly</w:t></w:r></w:p><w:p/>{TEAMS}"))
    found = utterances(read_transcript(str(tmp_path / "a.docx")))
    assert [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in found][:1] == [
        (3.0, 9.0, "Ana Lopez", "so it is")
    ]
    assert [(cue.start_s, cue.speaker, cue.text) for cue in found][1:] == [
        (9.0, "Bob", "fine & well")
    ]


def test_other_archives_are_no_documents():
    assert not is_word_document(word(TEAMS, "xl/workbook.xml"))
    assert not is_word_document(b"PK\x03\x04")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (word("<w:p>"), "found a damaged one"),
        (word(TEAMS)[:-40], "found a damaged one"),
        (word(" " * (65 << 20)), "at most 67108864 bytes of XML"),
        (word("<w:p><w:r><w:t>" + "a" * (17 << 20) + "</w:t></w:r></w:p>"), "at most 16777216"),
    ],
    ids=["xml", "cut", "large", "long"],
)
def test_damaged_and_large_documents_are_refused(data, said):
    with pytest.raises(BadInput, match=said):
        text_of(data)


@given(st.data())
def test_damage_raises_nothing_but_bad_input(data):
    whole = bytearray(word(TEAMS))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadInput):
        assert isinstance(text_of(bytes(whole)), str)
