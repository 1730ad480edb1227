"""Word errors: at the given rate, measured by an edit distance of our own."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.damage.conditions import CONDITIONS
from daf_core.damage.words import DELETED, INSERTED, Words, mishear

OTHERS = Words.from_texts(["Zebra, zebra zone!", "zeal -- zinc zest"])
RATES = [0.1, 0.2, 0.4, 0.6, 0.8]


def edits(said: list[str], heard: list[str]) -> int:
    """The least number of words to change, leave out or add (Wagner and Fischer 1974)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row = row, [number]
        for place, other in enumerate(heard):
            row.append(min(before[place] + (word != other), before[place + 1] + 1, row[-1] + 1))
    return row[-1]


def sentence(words: int) -> str:
    return " ".join(f"w{number}" for number in range(words))


def test_the_words_of_a_corpus_are_bare_and_counted():
    assert OTHERS.words == ("zeal", "zebra", "zest", "zinc", "zone")
    assert OTHERS.counts == (1, 2, 1, 1, 1)
    drawn = [OTHERS.at(at, "") for at in np.arange(0, 1, 1 / 600)]
    assert [drawn.count(word) for word in OTHERS.words] == [100, 200, 100, 100, 100]
    assert all(OTHERS.at(at, "Zone.") != "zone" for at in (0.0, 0.9, 0.999999))


@settings(max_examples=50)
@given(words=st.integers(1, 40), rate=st.sampled_from(RATES), seed=st.integers(0, 999))
def test_the_word_error_rate_is_the_given_one(words, rate, seed):
    said = sentence(words)
    heard = mishear(said, rate, OTHERS, np.random.default_rng(seed))
    assert heard.split()
    assert heard == mishear(said, rate, OTHERS, np.random.default_rng(seed))
    assert edits(said.split(), heard.split()) in {int(rate * words), int(rate * words) + 1}
    assert {*heard.split()} <= {*said.split(), *OTHERS.words}


@pytest.mark.parametrize("rate", RATES)
def test_rates_and_kinds_of_error_over_a_corpus(rate):
    draw, errors, length, changed = np.random.default_rng(0), 0, 0, 0
    for _ in range(400):
        words = int(draw.integers(5, 30))
        heard = mishear(sentence(words), rate, OTHERS, draw).split()
        errors += edits(sentence(words).split(), heard)
        length += words
        changed += abs(len(heard) - words)
    assert errors / length == pytest.approx(rate, abs=0.01)
    assert changed / errors == pytest.approx((DELETED + INSERTED), abs=0.05)


@given(seed=st.integers(0, 99))
def test_words_kept_at_a_high_rate_are_kept_at_a_low_one(seed):
    said, kept = sentence(25), []
    for condition in CONDITIONS:
        if condition.kind == "word error":
            heard = condition.apply_to_text(said, OTHERS, seed, "u")
            kept.append({*said.split()} & {*heard.split()})
    assert len(kept) == len(RATES)
    assert all(more >= less for more, less in pairwise(kept))


def test_no_words_are_no_words():
    assert mishear("", 0.8, OTHERS, np.random.default_rng(0)) == ""
