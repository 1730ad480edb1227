"""Repeated, made-up and improbable words are told from what was said."""

from hypothesis import given
from hypothesis import strategies as st

from daf_core.asr.doubts import PHANTOMS, doubt, is_repeated, normalised
from daf_core.sources.transcripts.reading.words import Word

SPOKEN = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("a", "eo", "ilt", "ush")]


def words(text: str, probability: float = 0.9) -> list[Word]:
    return [Word(text=f" {one}", confidence=probability) for one in text.split()]


@given(st.lists(st.sampled_from(SPOKEN), min_size=1, max_size=10), st.integers(6, 60))
def test_a_phrase_that_follows_itself_is_repeated(phrase: list[str], times: int) -> None:
    assert is_repeated(phrase * times)


@given(st.lists(st.sampled_from(SPOKEN), unique=True, max_size=40))
def test_words_that_differ_are_not_repeated(spoken: list[str]) -> None:
    assert not is_repeated(spoken)


@given(st.lists(st.sampled_from(SPOKEN), unique=True, min_size=12, max_size=40), st.data())
def test_a_word_said_three_times_within_a_sentence_is_kept(
    spoken: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(spoken) - 1))
    assert not is_repeated([*spoken[:at], *[spoken[at]] * 3, *spoken[at + 1 :]])


@given(st.text(max_size=200), st.floats(0, 30), st.floats(0, 1), st.floats(0, 1))
def test_any_text_is_judged(text: str, seconds: float, no_speech: float, sure: float) -> None:
    found = doubt(words(text, sure), seconds, no_speech)
    assert found in (None, "repeated_words", "phantom_words", "unsure_words")
    if text.split() and not normalised(text):
        assert found == "phantom_words"


@given(st.sampled_from(sorted(PHANTOMS)))
def test_closing_lines_of_subtitles_count_only_where_they_are_sure(line: str) -> None:
    assert doubt(words(line, 0.95), 10.0, 0.1) is None
    assert doubt(words(line, 0.6), 10.0, 0.1) == "phantom_words"
    assert doubt(words(line, 0.95), 10.0, 0.9) == "phantom_words"


def test_no_no_no_is_said() -> None:
    assert doubt(words("No, no, no, no!"), 2.0, 0.1) is None


def test_improbable_and_too_many_words_are_left_out() -> None:
    said = "I would like to speak to somebody else, please."
    assert doubt(words(said), 3.0, 0.1) is None
    assert doubt(words(said, 0.2), 3.0, 0.1) == "unsure_words"
    assert doubt(words(said), 0.4, 0.1) == "repeated_words"
    assert doubt([], 3.0, 0.9) is None
