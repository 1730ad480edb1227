"""Calibrate a head on held-out rows, and measure how reliable its certainty is."""

import numpy as np
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from daf_core.arrays import FloatArray
from daf_core.heads.sentiment_bins import share_below
from daf_core.measures.calibration import Certainty, polarities
from daf_core.measures.calibration_values import TEMPERATURES, Calibration
from daf_core.measures.conformal import fit_share
from daf_core.measures.metrics import class_metrics
from daf_core.schemas import polarity_number

BINS = 10


def calibrate(logits: Tensor, labels: Tensor) -> Calibration:
    """Calibrate on the logits (rows, NUM_BINS) that a head gives to held-out rows with labels
    (rows,) in [-3, 3].

    The temperature minimises the cross-entropy of the polarities (Guo et al. 2017, arXiv
    1706.04599). Intervals take a central share of the distributions at this temperature
    (distributional conformal prediction: Chernozhukov, Wüthrich and Zhu 2021, PNAS 118), which
    `conformal.fit_share` finds.
    """
    true = polarity_number(labels)

    def loss(temperature: float) -> float:
        probabilities = polarities(logits / temperature).clamp_min(1e-6)
        return float(functional.nll_loss(probabilities.log(), true))

    best = float(minimize_scalar(loss, bounds=TEMPERATURES, method="bounded").x)
    mass, slopes = fit_share(logits / best, labels)
    return Calibration(mass, best, len(labels), slopes)


def certainty_metrics(found: Certainty, label: FloatArray) -> dict[str, float]:
    """Metrics of the certainty of rows with labels (rows,) in [-3, 3].

    - polarity_accuracy, polarity_uar, polarity_weighted_f1, polarity_macro_f1: as
      `metrics.class_metrics`, of the most probable polarity (not that of the sentiment, which is
      the median);
    - coverage: share of the intervals that hold the label, COVERAGE if they are calibrated;
    - width: mean width of the intervals;
    - polarity_ece: expected calibration error of the most probable polarities (Guo et al. 2017),
      the mean over rows of |mean probability - share that is right| in the row's tenth.

    Without any calibrated row the last three are left out.
    """
    classes = class_metrics(found.most_probable, polarity_number(label))
    metrics = {f"polarity_{name}": value for name, value in classes.items()}
    calibrated = ~np.isnan(found.low)
    if calibrated.any():
        inside = (found.low <= label) & (label <= found.high)
        bins = polarity_reliability(found, label)
        metrics |= {
            "coverage": float(inside[calibrated].mean()),
            "width": float((found.high - found.low)[calibrated].mean()),
            "polarity_ece": sum(share * abs(claimed - right) for claimed, right, share in bins),
        }
    return metrics


def polarity_reliability(found: Certainty, label: FloatArray) -> list[tuple[float, float, float]]:
    """For each tenth of probability that holds any row: the mean probability of its rows' most
    probable polarities, the share of them that is right, and their share of all rows.
    """
    calibrated = ~np.isnan(found.low)
    right = (found.most_probable == polarity_number(label))[calibrated]
    claimed = found.probabilities[calibrated].max(axis=1, initial=0)
    bin_of = np.minimum((claimed * BINS).astype(int), BINS - 1)
    return [
        (float(claimed[own].mean()), float(right[own].mean()), float(own.mean()))
        for own in (bin_of == number for number in range(BINS))
        if own.any()
    ]


def interval_reliability(logits: Tensor, labels: Tensor) -> list[tuple[float, float]]:
    """For central shares of the distributions, from 0 to 1: the share of rows whose label lies
    within.
    """
    distances = 2 * (share_below(logits, labels) - 0.5).abs()
    masses = [number / (2 * BINS) for number in range(2 * BINS + 1)]
    return [(mass, float((distances <= mass).float().mean())) for mass in masses]
