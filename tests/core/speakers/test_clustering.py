"""Voices are found in embeddings whatever their number, order and blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.speakers import clustering
from daf_core.speakers.clustering import FEWEST, Embeddings, voices
from daf_core.speakers.windows import unit

WIDTH = 256


def spoken(turns: list[tuple[int, int]], seed: int = 0) -> tuple[Embeddings, np.ndarray]:
    """Windows of (voice, how many) in order, and the voice of each; voices are far apart."""
    drawn = np.random.default_rng(seed)
    directions = unit(drawn.standard_normal((10, WIDTH)).astype(np.float32))
    own = np.concatenate([np.full(windows, voice) for voice, windows in turns])
    noise = drawn.standard_normal((len(own), WIDTH)).astype(np.float32) * 0.02
    return unit(directions[own] + noise), own


def told_apart(windows: Embeddings, own: np.ndarray, found: Embeddings) -> bool:
    """Whether each voice found has exactly the windows of one voice."""
    pairs = {*zip(own.tolist(), (windows @ found.T).argmax(axis=1).tolist(), strict=True)}
    return len(pairs) == len(found) == len({*own.tolist()})


turns = st.lists(st.tuples(st.integers(0, 5), st.integers(FEWEST, 30)), min_size=1, max_size=12)


@settings(deadline=None)
@given(turns, st.booleans())
def test_each_voice_is_found_estimated_or_counted(turns: list[tuple[int, int]], told: bool) -> None:
    windows, own = spoken(turns)
    found = voices(windows, len({*own.tolist()}) if told else None)
    assert told_apart(windows, own, found)


@pytest.mark.parametrize("count", [None, 3])
def test_voices_are_the_same_in_blocks(count: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    windows, own = spoken([(voice % 3, 40) for voice in range(30)])
    monkeypatch.setattr(clustering, "BLOCK", 150)
    assert told_apart(windows, own, voices(windows, count))


def test_blocks_of_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "BLOCK", 20)
    windows, own = spoken([(voice % 3, 10) for voice in range(90)])
    assert told_apart(windows, own, voices(windows))


def test_a_cough_is_no_voice_but_a_short_recording_has_one() -> None:
    windows, own = spoken([(0, 30), (1, 2), (0, 30)])
    assert len(voices(windows)) == 1
    assert len(voices(windows[30:32])) == 1
    windows, own = spoken([(0, 30), (2, 1), (1, 30)])  # an odd window does not become a voice
    kept = own != 2
    assert told_apart(windows[kept], own[kept], voices(windows, 2))


def test_there_are_no_more_voices_than_asked_for_or_windows() -> None:
    windows, _ = spoken([(voice, 10) for voice in range(6)])
    assert len(voices(windows, 2)) == 2
    assert len(voices(windows[:1], 4)) == 1
    assert voices(windows[:0]).shape == (0, WIDTH)
    alike = np.repeat(windows[:1], 100, axis=0)
    assert len(voices(alike, 3)) == 1
