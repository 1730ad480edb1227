"""Fit how large a share of a distribution its interval needs, on held-out rows.

A central share of a head's distribution holds the label for nine rows of ten. Which share that is
differs: corpora with few label values need less, badly understood ones more, and their
distributions look different. So the share is a linear function of the shape of a distribution,
fitted by quantile regression (Gibbs, Cherian and Candès 2023, arXiv 2305.12616: coverage then holds
in every group that the shape tells apart).
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from torch import Tensor

from daf_core.measures.calibration import needed_share, shape_of
from daf_core.measures.calibration_values import COVERAGE, LEAST_SHARE

Numbers = npt.NDArray[np.float64]
LEAST_ROWS = 1000  # held out, without which the share is the same for all shapes
MOST_ROWS = 10_000  # that the regression reads, for time


def fit_share(logits: Tensor, labels: Tensor) -> tuple[float, tuple[float, ...]]:
    """The share of the distributions that holds the labels, as a number and slopes by the shape.

    The slopes are fitted on every second row, or fewer of many, and the number is split-conformal
    on the others: the ⌈(n + 1) · COVERAGE⌉-th smallest of n. Less than LEAST_ROWS give no slopes,
    and less than nine the share 1.

    Args:
        logits: (rows, NUM_BINS); labels: (rows,) in [-3, 3].
    """
    needed = needed_share(logits, labels)
    if len(needed) < LEAST_ROWS:
        return max(_quantile(needed), LEAST_SHARE), ()
    shapes = shape_of(logits).numpy()
    fitted = np.arange(0, len(needed), max(2, math.ceil(len(needed) / MOST_ROWS)))
    slopes = _linear_quantile(shapes[fitted], needed[fitted])
    others = np.delete(np.arange(len(needed)), fitted)
    return _quantile(needed[others] - shapes[others] @ slopes), tuple(slopes.tolist())


def _quantile(values: Numbers) -> float:
    rank = math.ceil((len(values) + 1) * COVERAGE)
    return float(np.sort(values)[rank - 1]) if rank <= len(values) else 1.0


def _linear_quantile(features: Numbers, values: Numbers) -> Numbers:
    """Slopes (features,) of a linear function above which 1 - COVERAGE of the values lie.

    Solves the dual of quantile regression (Koenker and Bassett 1978, Econometrica 46), in a tenth
    of the time of the primal.
    """
    features = np.column_stack([np.ones(len(features)), features])
    found = linprog(
        -values,
        A_eq=features.T,
        b_eq=(1 - COVERAGE) * features.sum(axis=0),
        bounds=(0, 1),
        method="highs-ds",
    )
    slopes: Numbers = -found.eqlin.marginals[1:]
    return slopes
