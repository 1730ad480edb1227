"""How many words a text has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.stages.word_count import word_count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("… ?! -", 0),
        ("Hello, world!", 2),
        ("I don't know: it’s 3.5 well-known e-mails.", 7),
        ("Zażółć gęślą jaźń", 3),
        ("我很高兴", 4),
        ("ok 好", 2),
        ("привет мир", 2),
    ],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert word_count(text) == words


@given(st.lists(st.text("abcdefghé", min_size=1), max_size=20))
def test_words_with_spaces_between_them_are_counted(words: list[str]) -> None:
    assert word_count(" ".join(words)) == len(words)
