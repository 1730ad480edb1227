"""From windows and voices to turns: who speaks from when to when."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from daf_core.speakers.clustering import Embeddings
from daf_core.speakers.windows import Windows

GRID_S = 0.1
CHANGE = 1.0  # cost of a change, in cosine × steps of the grid: a turn lasts about half a second


class Turn(NamedTuple):
    """A stretch of speech of one voice; voice: its number."""

    start_s: float
    end_s: float
    voice: int


def turns_in(windows: Windows, voices: Embeddings) -> list[Turn]:
    """Cut one stretch of speech where the voice changes: its turns, without gaps, in order.

    voices: (voices, 256). How near each voice is follows from the windows, between their middles
    by interpolation; the path with the largest sum less the cost of its changes (Viterbi) decides.
    """
    steps = max(1, round((windows.end_s - windows.start_s) / GRID_S))
    edges = np.linspace(windows.start_s, windows.end_s, steps + 1)
    edges[1:-1] = edges[1:-1].round(3)
    near = windows.embeddings @ voices.T
    middles = (edges[:-1] + edges[1:]) / 2
    values = np.stack([np.interp(middles, windows.middles_s, column) for column in near.T], axis=1)
    path = _best_path(values)
    cuts = [0, *(np.flatnonzero(np.diff(path)) + 1), steps]
    return [
        Turn(float(edges[first]), float(edges[last]), int(path[first]))
        for first, last in pairwise(cuts)
    ]


def _best_path(values: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The voice in each step of (steps, voices)."""
    steps, count = values.shape
    came_from = np.empty((steps, count), np.intp)
    total = np.zeros(count)
    own = np.arange(count)
    for step, value in enumerate(values):
        best = int(total.argmax())
        changed = total < total[best] - CHANGE
        came_from[step] = np.where(changed, best, own)
        total = np.where(changed, total[best] - CHANGE, total) + value
    path = np.empty(steps, np.intp)
    voice = int(total.argmax())
    for step in range(steps - 1, -1, -1):
        path[step] = voice
        voice = int(came_from[step, voice])
    return path
