"""Standardising given features: any range → numbers around 0, which float16 tells apart.

Encoders give numbers of a few units, features of any range: 10,000 and 10,001 are the same number
in float16, and 1e-9 is 0. The mean and the deviation are those of all rows of the file, so they
depend on the file alone, not on the manifest or the run, and the SHA-256 of the file, which a head
knows, stands for them too. A head standardises by its own training rows anyway.
"""

import numpy as np
import numpy.typing as npt

from daf_core.arrays import AnyArray, BoolArray, IntArray
from daf_core.embeddings.columns import HalfArray

ROUNDING = 1e-12  # of a feature's largest value; what varies less, varies by rounding alone
HIDDEN = 1e-3  # deviations: float16 tells few numbers apart that lie so close together
_MIDDLE = (5, 95)  # per cent
_SAMPLE = 1000  # rows, evenly spaced
_ROWS_AT_ONCE = 256

_Moment = npt.NDArray[np.float64]


def standardised(values: AnyArray, present: BoolArray) -> HalfArray:
    """Every feature less its mean, divided by its deviation, both over the rows that are `present`.

    values: (rows, size), finite where `present` (rows,). Features that do not vary are 0, and so
    are rows that are not present.
    """
    result = np.zeros(values.shape, np.float16)
    rows = np.flatnonzero(present)
    chunks = [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]
    largest = np.zeros(values.shape[1])
    for chunk in chunks:
        np.maximum(largest, np.abs(_read(values, chunk)).max(axis=0), out=largest)
    largest = np.where(largest > 0, largest, 1.0)  # in these units no square overflows
    mean, squares = np.zeros_like(largest), np.zeros_like(largest)
    for chunk in chunks:
        mean += (_read(values, chunk) / largest).sum(axis=0)
    mean /= max(1, len(rows))
    for chunk in chunks:
        squares += np.square(_read(values, chunk) / largest - mean).sum(axis=0)
    deviation = np.sqrt(squares / max(1, len(rows)))
    scale = np.where(deviation > ROUNDING, 1 / np.maximum(deviation, ROUNDING), 0.0)
    for chunk in chunks:
        result[chunk] = (_read(values, chunk) / largest - mean) * scale
    return result


def hidden(values: AnyArray, standard: HalfArray, present: BoolArray) -> IntArray:
    """The features, by number, of which 90 % of the numbers differ in `values` but lie within
    HIDDEN of each other in `standard`. One number that is too large by many powers of ten does that
    to a feature.

    values, standard: (rows, size), before and after standardising.
    """
    rows = np.flatnonzero(present)
    if not len(rows):
        return np.empty(0, np.intp)
    sample = rows[:: -(-len(rows) // _SAMPLE)]
    first, last = np.percentile(_read(values, sample), _MIDDLE, axis=0)
    low, high = np.percentile(standard[sample].astype(np.float64), _MIDDLE, axis=0)
    found: IntArray = np.flatnonzero((last > first) & (high - low < HIDDEN) & standard.any(axis=0))
    return found


def _read(values: AnyArray, rows: npt.NDArray[np.intp]) -> _Moment:
    return values[rows].astype(np.float64)
