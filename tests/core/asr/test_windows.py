"""Waves share windows, and each gets its own words back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daf_core.arrays import RATE_HZ
from daf_core.asr.windows import WINDOW_S, shared_out, windows
from daf_core.sources.transcripts.reading.words import Word

SECONDS = st.lists(st.floats(0, 70), max_size=12)


@given(SECONDS)
def test_every_sample_is_in_one_window_and_no_window_is_too_long(seconds: list[float]) -> None:
    waves = [np.full(round(one * RATE_HZ), 1 + i, np.float32) for i, one in enumerate(seconds)]
    made = windows(waves)
    assert all(len(window.samples) <= WINDOW_S * RATE_HZ for window in made)
    for number, wave in enumerate(waves):
        pieces = [
            window.samples[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)]
            for window in made
            for one in window.placed
            if one.wave == number
        ]
        assert np.array_equal(np.concatenate([wave[:0], *pieces]), wave)


@given(SECONDS.filter(any))
def test_a_word_comes_back_to_the_wave_in_which_it_was_said(seconds: list[float]) -> None:
    waves = [np.zeros(round(one * RATE_HZ), np.float32) for one in seconds]
    for window in windows(waves):
        for piece in window.placed:
            said = Word(text=" so", start_s=piece.start_s - 0.1, end_s=piece.end_s, confidence=1.0)
            ((wave, (word,)),) = shared_out([said], window).items()
            assert wave == piece.wave
            assert word.start_s == piece.offset_s
            assert 0 <= word.end_s <= len(waves[wave]) / RATE_HZ + 1e-6
