"""Which calibrations can have been measured: a hand-edited one would give intervals that hold
nothing, or everything, and the scores would not show it.

Where the share of an interval depends on the shape of a distribution, the number alone may be
anything. Then it is asked what usual distributions get: some of them must have an interval that is
neither empty nor everything. In numpy, as reading a head does not load torch.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from daf_core.measures.calibration_values import LEAST_SHARE, SHAPE_FEATURES
from daf_core.schemas import LABEL_RANGE

MEANS = np.arange(-2.5, 2.6, 0.5)
DEVIATIONS = (0.4, 0.7, 1.0, 1.4, 2.0)
_OUTER = (10, 90)  # percentiles of usual distributions between which a share must be possible

_Numbers = npt.NDArray[np.floating[Any]]


def problem(mass: float, slopes: list[float]) -> str | None:
    """Why these cannot be measured: None if they can."""
    if not slopes:
        if LEAST_SHARE <= mass <= 1:
            return None
        return f"mass: expected a share from {LEAST_SHARE} to 1, found {mass:g}"
    shares = mass + usual_shapes() @ np.array(slopes)
    low, high = np.percentile(shares, _OUTER)
    if low <= 1 and high >= LEAST_SHARE:
        return None
    return (
        f"mass: expected shares from {LEAST_SHARE} to 1 of usual distributions with these slopes, "
        f"found {low:.3g} to {high:.3g}"
    )


@cache
def usual_shapes() -> _Numbers:
    """`calibration.shape_of` discrete normal distributions: (distributions, SHAPE_FEATURES)."""
    values = np.linspace(*LABEL_RANGE, SHAPE_FEATURES - 2)
    centred = values - MEANS[:, None, None]
    weights = np.exp(-np.square(centred / np.array(DEVIATIONS)[:, None]) / 2)
    probabilities = (weights / weights.sum(axis=-1, keepdims=True)).reshape(-1, len(values))
    mean = probabilities @ values
    deviation = np.sqrt(np.maximum(probabilities @ values**2 - mean**2, 0))
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(axis=1)
    return np.column_stack([probabilities[:, 1:], deviation, entropy, np.abs(mean)])
