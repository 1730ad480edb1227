"""Recognized numbers become marks, with the times of their words."""

import pyarrow as pa

from daf_core.asr.recognizer import Recognized
from daf_core.asr.redacted import with_flags, without_numbers
from daf_core.schemas import MANIFEST
from daf_core.sources.transcripts.reading.words import Word


def recognized(text: str) -> Recognized:
    words = [f" {one}" for one in text.split()]
    return Recognized(
        [
            Word(text=word, start_s=float(at), end_s=at + 0.5, confidence=0.5)
            for at, word in enumerate(words)
        ],
        "en",
    )


def test_words_of_a_number_become_one_mark() -> None:
    found = without_numbers(recognized("it is four one one two yes 415 555 2671."))
    assert found.text == "it is [NUMBER] yes [PHONE]"
    assert [(word.start_s, word.end_s) for word in found.words[2:]] == [
        (2.0, 5.5),
        (6.0, 6.5),
        (7.0, 9.5),
    ]
    assert (found.language, found.confidence) == ("en", 0.5)


def test_other_words_stay_as_they_are() -> None:
    for heard in (recognized("nothing to hide"), Recognized([])):
        assert without_numbers(heard) is heard


def test_rows_with_a_mark_are_flagged() -> None:
    blank = dict.fromkeys(MANIFEST.names) | {"utterance_id": "u", "recording_id": "r"}
    texts = ["it is [CARD]", "no", None]
    rows = [blank | {"text": text, "flags": ["transcribed"]} for text in texts]
    flags = with_flags(pa.Table.from_pylist(rows, MANIFEST))["flags"].to_pylist()
    assert flags == [["transcribed", "redacted"], ["transcribed"], ["transcribed"]]
