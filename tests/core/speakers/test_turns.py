"""Turns cover the speech without gaps, and change where the voice does."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daf_core.speakers.turns import turns_in
from daf_core.speakers.windows import Windows, unit

VOICES = np.eye(3, 256, dtype=np.float32)


def stretch(voices: list[int], start_s: float = 5.0) -> Windows:
    """Windows of one voice each, half a second apart."""
    middles = start_s + 0.8 + 0.5 * np.arange(len(voices))
    return Windows(start_s, float(middles[-1]) + 0.8, middles, unit(VOICES[voices]))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.floats(0, 40_000))
def test_turns_cover_a_stretch_and_change_voice_at_each_cut(
    voices: list[int], start_s: float
) -> None:
    windows = stretch(voices, start_s)
    turns = turns_in(windows, VOICES)
    assert (turns[0].start_s, turns[-1].end_s) == (windows.start_s, windows.end_s)
    for one, after in pairwise(turns):
        assert one.end_s == after.start_s
        assert one.voice != after.voice
    assert all(turn.end_s > turn.start_s for turn in turns)


def test_a_change_is_halfway_between_the_windows() -> None:
    windows = stretch([0] * 6 + [2] * 6)
    first, second = turns_in(windows, VOICES)
    assert (first.voice, second.voice) == (0, 2)
    between = float(windows.middles_s[5] + windows.middles_s[6]) / 2
    assert abs(first.end_s - between) <= 0.15


def test_speech_of_less_than_a_step_is_one_turn() -> None:
    windows = Windows(1.0, 1.03, np.array([1.015]), VOICES[1:2])
    assert turns_in(windows, VOICES) == [(1.0, 1.03, 1)]
