"""Several short waves in one window of at most 30 s, and the window's words back to their waves.

Whisper computes 30 s whatever it is given. Utterances last a few seconds, so a window of its own
for each would cost several times as much, and Whisper understands a word better among others.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from daf_core.arrays import RATE_HZ, Samples
from daf_core.sources.transcripts.reading.words import Word

WINDOW_S = 30.0  # what Whisper hears at once
GAP_S = 1.0  # silence between two waves: a word can be told to belong to one of them


class Placed(NamedTuple):
    """A piece of wave `wave` from `offset_s` of it on, at start_s … end_s of a window."""

    wave: int
    offset_s: float
    start_s: float
    end_s: float


class Window(NamedTuple):
    """Waves side by side with silence between them: (samples,) at 16 kHz."""

    samples: Samples
    placed: list[Placed]


def windows(waves: Sequence[Samples], longest_s: float = WINDOW_S) -> list[Window]:
    """Lay waves (samples,) at 16 kHz into as few windows of `longest_s` as their order allows.

    A longer wave is cut into pieces of `longest_s`; empty ones are left out.
    """
    longest, gap = round(longest_s * RATE_HZ), round(GAP_S * RATE_HZ)
    groups: list[list[tuple[int, int, Samples]]] = []
    room = 0
    for number, wave in enumerate(waves):
        for begin in range(0, len(wave), longest):
            piece = wave[begin : begin + longest]
            if not groups or room < len(piece):
                groups.append([])
                room = longest
            groups[-1].append((number, begin, piece))
            room -= len(piece) + gap
    return [_window(group, gap) for group in groups]


def _window(pieces: list[tuple[int, int, Samples]], gap: int) -> Window:
    placed, parts, at = [], [], 0
    for number, begin, piece in pieces:
        placed.append(Placed(number, begin / RATE_HZ, at / RATE_HZ, (at + len(piece)) / RATE_HZ))
        parts += [piece, np.zeros(gap, np.float32)]
        at += len(piece) + gap
    return Window(np.concatenate(parts[:-1]), placed)


def shared_out(words: Iterable[Word], window: Window) -> dict[int, list[Word]]:
    """Wave → its words, in order, of the words that were recognized in a window.

    words: with times from the start of the window. A word belongs to the piece that its middle is
    in, or is nearest to; its times become those of the wave and end where the piece does.
    """
    found: dict[int, list[Word]] = {}
    for word in words:
        assert word.start_s is not None
        assert word.end_s is not None
        middle = (word.start_s + word.end_s) / 2
        piece = min(window.placed, key=lambda one: max(one.start_s - middle, middle - one.end_s, 0))
        start_s = min(max(word.start_s, piece.start_s), piece.end_s)
        end_s = min(max(word.end_s, start_s), piece.end_s)
        shift_s = piece.offset_s - piece.start_s
        found.setdefault(piece.wave, []).append(
            Word(
                text=word.text,
                start_s=start_s + shift_s,
                end_s=end_s + shift_s,
                confidence=word.confidence,
            )
        )
    return found
