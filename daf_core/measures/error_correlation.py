"""How far the errors of one recording go together.

The mean of a recording's scores is no surer than its rows where a head errs in the same direction
on all of them, as on a voice that always sounds annoyed.
"""

import numpy as np
import numpy.typing as npt

from daf_core.arrays import FloatArray

LEAST_RECORDINGS = 30  # with several rows, without which the correlation is not known


def error_correlation(
    errors: FloatArray, spread: FloatArray, recordings: npt.NDArray[np.int64]
) -> float | None:
    """The correlation, in [0, 1], of the errors of two rows of one recording, in units of what the
    rows' intervals let expect. Every row counts the same, however long its recording is.

    errors: (rows,) score minus label; spread: (rows,) width of the interval, NaN without one;
    recordings: (rows,) a number for each recording. None: too few recordings have several rows.
    """
    known = spread > 0
    relative = errors[known] / spread[known]
    numbers, counts = np.unique(recordings[known], return_inverse=True, return_counts=True)[1:]
    several = counts > 1
    if several.sum() < LEAST_RECORDINGS:
        return None
    sums = np.bincount(numbers, relative)[several]
    squares = np.bincount(numbers, relative**2)[several]
    rows = counts[several]
    together = ((sums**2 - squares) / (rows - 1)).sum() / rows.sum()
    return float(np.clip(together / np.mean(relative**2), 0, 1))
