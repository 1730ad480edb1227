"""Marks for what was taken out of a text are no words, whoever set them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.redaction.marks import is_mark, spoken_only, without_marks
from daf_core.redaction.redact import KINDS
from daf_core.schemas import MANIFEST
from daf_core.sources.transcripts.utterances.stage_directions import without_stage_directions
from daf_core.stages.decode import decode_part
from daf_core.stages.previous_text import with_previous_text
from daf_core.stages.word_count import word_count


@pytest.mark.parametrize(
    "mark",
    [
        *(*KINDS, "[PII]", "[CREDIT_DEBIT_NUMBER]", "<PHONE_NUMBER>", "[NAME-1]", "[redacted]"),
        *("{{PII}}", "[PERSON_NAME]", "[US_SOCIAL_SECURITY_NUMBER]", "<EMAIL_ADDRESS>", "***"),
        *("#####", "███", "[BANK_ACCOUNT_NUMBER]"),
    ],
)
def test_marks_are_no_words(mark: str) -> None:
    assert without_marks(mark) == ""
    assert without_marks(f"it is {mark}, yes") == "it is , yes"
    assert word_count(f"it is {mark} yes") == 3


@pytest.mark.parametrize(
    "text",
    [
        *("f*** you", "a < b and c > d", "#3 **bold** text", "[laughs] ok", "[MUSIC]", ""),
        *("[State Street]", "<b>my name is</b>", "{x}", "two  blanks", "a * b * c"),
    ],
)
def test_other_signs_stay(text: str) -> None:
    assert without_marks(text) == text


@given(st.text("[]<>{}*# namePII_1"))
def test_what_is_left_has_no_marks(text: str) -> None:
    assert without_marks(without_marks(text)) == without_marks(text)


def test_brackets_of_marks_are_no_stage_directions() -> None:
    said = without_stage_directions("my name is [NAME] [laughs] [PII]", lambda _: False)
    assert said.split() == ["my", "name", "is", "[NAME]", "[PII]"]
    assert is_mark("[NAME]")


def rows(*texts: str | None) -> pa.Table:
    blank = dict.fromkeys(MANIFEST.names) | {"recording_id": "call", "flags": ["retimed"]}
    return pa.Table.from_pylist(
        [blank | {"utterance_id": f"u{n}", "text": text} for n, text in enumerate(texts)], MANIFEST
    )


def test_encoders_read_the_words_without_marks_and_rows_are_flagged() -> None:
    found = decode_part(rows("my name is [NAME]", "[CARD].", None, "well"), audio=False)
    assert found["text"].to_pylist() == ["my name is", None, None, "well"]
    assert found["flags"].to_pylist() == [
        ["retimed", "redacted", "no_audio"],
        ["retimed", "redacted"],
        ["retimed"],
        ["retimed", "no_audio"],
    ]
    assert found["reason"].to_pylist() == [None, "empty_row", "empty_row", None]


def test_previous_turns_are_read_without_marks() -> None:
    before = with_previous_text(rows("my name is [NAME]", "[CARD]", "ok"), 2)
    assert before["previous_text"].to_pylist() == [None, "my name is", "my name is"]


def test_a_part_without_marks_is_the_same_table() -> None:
    part = rows("well", None)
    assert spoken_only(part) is part
