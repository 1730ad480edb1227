"""Calibrate a head on few labelled rows, which may stand for different numbers of rows."""

import math
from dataclasses import replace

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import beta
from torch import Tensor

from daf_core.arrays import FloatArray
from daf_core.measures.calibration import added_by_shape, needed_share, polarities
from daf_core.measures.calibration_values import COVERAGE, LEAST_SHARE, TEMPERATURES, Calibration
from daf_core.schemas import polarity_number

PRIOR = 0.5  # standard deviation of the logarithm of the temperature about that of before
LEAST_ROWS = math.ceil(COVERAGE / (1 - COVERAGE) - 1e-9)  # of fewer rows no interval can be learned


def calibrate_on_few(
    logits: Tensor, labels: Tensor, weights: FloatArray, before: Calibration | None
) -> Calibration | None:
    """The calibration by held-out rows of one set of modalities.

    Intervals are split-conformal as in `reliability.calibrate`, with weighted rows (Tibshirani,
    Barber, Candès and Ramdas 2019, arXiv 1904.06019; a new row has the mean weight): a share of
    (n + 1) · COVERAGE / n of the weights lies within, where n is the effective number of rows. On
    average over sets of labels such an interval holds COVERAGE of new rows or more; `coverage_of`
    says what one set may give. The temperature minimises the cross-entropy of the polarities, with
    a normal prior about the one before, as few rows say little about it. How intervals depend on
    the shape of a distribution stays as it was before.

    Args:
        logits: (rows, NUM_BINS) by heads that did not see the rows; labels: (rows,) in [-3, 3].
        weights: (rows,) with mean 1.

    Returns:
        None if there are less than LEAST_ROWS effective rows: intervals would be the whole range.
    """
    rows = effective_rows(weights)
    if rows < LEAST_ROWS:
        return None
    true, centre = polarity_number(labels), 1.0 if before is None else before.temperature
    weight = torch.from_numpy(weights).to(logits.dtype)

    def loss(temperature: float) -> float:
        probabilities = polarities(logits / temperature).clamp_min(1e-6)
        own = probabilities.gather(1, true[:, None])[:, 0].log()
        prior = (math.log(temperature / centre) / PRIOR) ** 2 / 2
        return prior - float((own * weight).sum())

    best = float(minimize_scalar(loss, bounds=TEMPERATURES, method="bounded").x)
    slopes = before.slopes if before else ()
    at_zero = Calibration(0.0, best, len(labels), slopes)
    scores = needed_share(logits / best, labels) - added_by_shape(at_zero, logits / best).numpy()
    order = np.argsort(scores)
    share = np.cumsum(weights[order]) / weights.sum()
    place = int(np.searchsorted(share, (rows + 1) * COVERAGE / rows - 1e-9))
    mass = float(scores[order[min(place, len(order) - 1)]])
    return replace(at_zero, mass=mass if slopes else max(mass, LEAST_SHARE))


def effective_rows(weights: FloatArray) -> float:
    """How many rows of equal weight say as much (Kish 1965, Survey Sampling)."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def coverage_of(rows: float) -> tuple[float, float]:
    """The share of new rows that intervals by so many calibration rows hold: from, to, in nine of
    ten sets of calibration rows (Vovk 2012, arXiv 1209.2673: a beta distribution).
    """
    above = max(1.0, math.floor((rows + 1) * (1 - COVERAGE) + 1e-9))
    low, high = beta.ppf([0.05, 0.95], max(rows + 1 - above, 1e-3), above)
    return float(low), float(high)
