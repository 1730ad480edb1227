"""Cues after reading: in order, with times, every word once."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.utterances.tidy import tidy
from tests.core.sources.transcripts.reading import read

WORDS = ["the", "parcel", "was", "late", "and", "I", "am", "not", "happy", "at", "all"]
TIMES = st.none() | st.integers(0, 40).map(lambda tenths: tenths / 10)
CUES = st.lists(
    st.builds(
        Cue,
        text=st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
        start_s=TIMES,
        end_s=TIMES,
        speaker=st.sampled_from([None, "Ann", "Bo"]),
    ),
    max_size=8,
)


def cue(start_s, end_s, text, speaker=None):
    return Cue(text=text, start_s=start_s, end_s=end_s, speaker=speaker)


def tidied(*cues: Cue) -> list[tuple[float | None, float | None, str]]:
    return [(one.start_s, one.end_s, one.text) for one in tidy(Transcript(cues=list(cues)))]


def words(cues: list[Cue]) -> Counter[str]:
    return Counter(word for one in cues for word in one.text.split())


@given(CUES)
def test_times_are_in_order_and_no_word_is_lost_or_invented(cues):
    after = tidy(Transcript(cues=cues))
    assert set(words(after)) == set(words(cues))
    assert not words(after) - words(cues)
    starts = [one.start_s for one in after]
    if any(one.start_s is not None or one.end_s is not None for one in cues):
        assert None not in starts
        assert None not in [one.end_s for one in after]
        assert starts == sorted(starts)
    else:
        assert after == cues


@given(CUES)
def test_tidy_cues_stay_as_they_are(cues):
    after = tidy(Transcript(cues=cues))
    assert tidy(Transcript(cues=after)) == after


@given(st.permutations(range(6)), st.integers(0, 3))
def test_cues_that_follow_on_stay_whole_in_any_order(order, gap):
    cues = [cue(one * 2.0, one * 2.0 + 2 - gap / 10, f"{WORDS[one]} one") for one in range(6)]
    assert tidy(Transcript(cues=[cues[one] for one in order])) == cues


SPOKEN = st.lists(
    st.lists(st.integers(0, 999).map(str), min_size=1, max_size=5), min_size=3, max_size=12
)


def lines_of(spoken: list[list[str]]) -> list[str]:
    """Lines of words that differ all, as speech nearly does."""
    return [" ".join(f"w{row}x{word}" for word in line) for row, line in enumerate(spoken)]


@given(SPOKEN)
def test_captions_that_roll_give_every_word_once_when_it_is_said(spoken):
    lines = lines_of(spoken)
    blocks = []
    for row, line in enumerate(lines):
        before = f"{lines[row - 1]}\n" if row else " \n"
        blocks.append(f"00:{row * 2:02}.010 --> 00:{row * 2 + 2:02}.000\n{before}{line}\n\n")
        blocks.append(f"00:{row * 2 + 2:02}.000 --> 00:{row * 2 + 2:02}.010\n{line}\n \n\n")
    cues = tidy(read("a.vtt", "WEBVTT\n\n" + "".join(blocks)))
    assert [one.text for one in cues] == lines
    assert [(one.start_s, one.end_s) for one in cues] == [
        (row * 2.0 if row else 0.01, row * 2 + 2.0) for row in range(len(lines))
    ]


@given(SPOKEN)
def test_lines_that_stay_while_the_next_is_said_give_every_word_once(spoken):
    lines = lines_of(spoken)
    rows = range(len(lines))
    texts = ["\n".join(lines[max(0, row - 1) : row + 1]) for row in rows]
    shown = [cue(row * 2.0, row * 2 + 4.0, text) for row, text in enumerate(texts)]
    times = [(row * 2.0, row * 2 + (2.0 if row < rows[-1] else 4.0)) for row in rows]
    expected = [(*time, line) for time, line in zip(times, lines, strict=True)]
    assert tidied(*shown) == expected
    # YouTube's as SubRip: the lines overlap, and each is there once.
    overlapping = [cue(row * 2.0, row * 2 + 3.0, line) for row, line in enumerate(lines)]
    assert [text for *_, text in tidied(*overlapping)] == lines
    assert [time[:2] for time in tidied(*overlapping)][:-1] == times[:-1]


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=9, unique=True))
def test_highlighted_and_growing_words_are_one_sentence(sentence):
    marked = [
        f"00:00:0{n},000 --> 00:00:0{n + 1},000\n"
        + " ".join(f"<u>{word}</u>" if at == n else word for at, word in enumerate(sentence))
        for n in range(len(sentence))
    ]
    end = float(len(sentence))
    expected = [cue(0.0, end, " ".join(sentence))]
    assert tidy(read("a.srt", "\n\n".join(marked))) == expected
    if len(sentence) > 2:
        growing = [cue(n, n + 1.0, " ".join(sentence[: n + 1])) for n in range(len(sentence))]
        assert tidy(Transcript(cues=growing)) == expected


def test_words_that_are_said_twice_stay_twice():
    said_twice = [cue(1.0, 1.5, "No."), cue(2.0, 2.5, "No."), cue(3.0, 4.0, "No. I said no.")]
    assert tidy(Transcript(cues=said_twice)) == said_twice
    know = "I do not know"
    once = [cue(1.0, 2.0, know), cue(2.0, 4.0, f"{know} what to do"), cue(4.0, 5.0, "Yes")]
    assert tidy(Transcript(cues=once)) == once
    both = [cue(1.0, 3.0, "Yes.", "Ann"), cue(2.0, 3.0, "Yes.", "Bo")]
    assert tidy(Transcript(cues=both)) == both


def test_a_file_that_holds_every_cue_twice_gives_each_once():
    once = [cue(1.0, 3.0, "one"), cue(2.0, 4.0, "two", "Bo"), cue(5.0, 6.0, "three")]
    assert tidy(Transcript(cues=once + once)) == once
    assert tidied(cue(1.0, 3.0, "and one"), cue(3.05, 4.0, "and one")) == [(1.0, 4.0, "and one")]
    again = [cue(1.0, 3.0, "No."), cue(3.0, 4.0, "No."), cue(4.0, 6.0, "No. I said no.")]
    assert tidy(Transcript(cues=again)) == again


def test_turns_without_words_stay_as_they_are():
    turns = [cue(0.0, 2.0, "", "Ann"), cue(2.0, 3.0, "", "Ann"), cue(2.5, 4.0, "", "Bo")]
    assert tidy(Transcript(cues=turns)) == turns


@pytest.mark.parametrize(
    ("cues", "times"),
    [
        ([(1, 2), (None, None), (4, 5)], [(1, 2), (2, 4), (4, 5)]),
        ([(1, 2), (2.5, None), (4, 5)], [(1, 2), (2.5, 4), (4, 5)]),
        ([(1, 2), (None, 3.5), (4, 5)], [(1, 2), (2, 3.5), (4, 5)]),
        ([(None, None), (4, 5), (6, 7)], [(0, 4), (4, 5), (6, 7)]),
        ([(1, 2), (None, None), (None, None), (4, 5)], [(1, 2), (2, 3), (3, 4), (4, 5)]),
        ([(3, 2), (4, 5)], [(3, 4), (4, 5)]),
        ([(1, 2), (9, 8)], [(1, 2), (9, 8)]),
        ([(float("nan"), 2), (3, float("inf")), (4, 5)], [(0, 2), (3, 4), (4, 5)]),
    ],
)
def test_missing_times_are_those_of_the_neighbours(cues, times):
    # Ten letters in a second, so that a second is what each needs.
    texts = [f"letters {row:02}" for row in range(len(cues))]
    found = tidied(*(cue(*time, text) for time, text in zip(cues, texts, strict=True)))
    assert found == [(*time, text) for time, text in zip(times, texts, strict=True)]


def test_what_has_no_neighbour_takes_as_long_as_its_words():
    first, second = cue(0.0, 1.0, "ten letter"), cue(1.0, 2.0, "more words")
    assert tidied(first, second, cue(2.0, None, "x" * 30))[-1][:2] == (2.0, 5.0)
    assert tidied(first, cue(None, None, "y" * 20), second)[1] == (1.0, 3.0, "y" * 20)


def test_a_cue_that_starts_just_before_0_starts_at_0():
    before = [cue(-0.2, 1.0, "so"), cue(-2.0, 1.5, "it"), cue(-0.3, -0.1, "is")]
    assert sorted(tidied(*before)) == [(-2.0, 1.5, "it"), (-0.3, -0.1, "is"), (0.0, 1.0, "so")]
