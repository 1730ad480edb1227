"""What held-out rows say of a head: how to calibrate it, and how reliable its certainty is."""

import math

import numpy as np
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from daf_core.arrays import FloatArray
from daf_core.heads.sentiment_bins import share_below
from daf_core.measures.calibration import COVERAGE, Calibration, Certainty, polarities
from daf_core.measures.metrics import class_metrics
from daf_core.schemas import polarity_number

TEMPERATURES = (0.2, 5.0)
BINS = 10


def calibration(logits: Tensor, labels: Tensor) -> Calibration:
    """From distributions (rows, NUM_BINS) that a head gave to held-out rows with labels (rows,).

    Intervals are split-conformal ones, with |share below - 1/2| as the score (distributional
    conformal prediction: Chernozhukov, Wüthrich and Zhu 2021, PNAS 118): of n rows they take the
    ⌈(n + 1) · COVERAGE⌉-th smallest, and everything where there are fewer than nine. The
    temperature is that of the least cross-entropy of polarities (Guo et al., arXiv 1706.04599).
    """
    apart = (share_below(logits, labels) - 0.5).abs().sort().values
    rank = math.ceil((len(apart) + 1) * COVERAGE)
    mass = 2 * float(apart[rank - 1]) if rank <= len(apart) else 1.0
    true = polarity_number(labels)

    def loss(temperature: float) -> float:
        said = polarities(logits, temperature).clamp_min(1e-6)
        return float(functional.nll_loss(said.log(), true))

    best = minimize_scalar(loss, bounds=TEMPERATURES, method="bounded")
    return Calibration(mass, float(best.x), len(labels))


def certainty_metrics(found: Certainty, label: FloatArray) -> dict[str, float]:
    """Of (rows,) scores; what nothing is known of is left out.

    - polarity_ accuracy, uar, weighted_f1 and macro_f1: `metrics.class_metrics` of the polarities;
    - coverage: share of the intervals that hold the label, COVERAGE if they are right; width: mean;
    - polarity_ece: expected calibration error of the polarity's probability (Guo et al. 2017): the
      mean distance, over rows, of what is claimed from what is right in the same of ten ranges.
    """
    classes = class_metrics(found.polarity, polarity_number(label))
    metrics = {f"polarity_{name}": value for name, value in classes.items()}
    known = ~np.isnan(found.low)
    if known.any():
        inside = (found.low <= label) & (label <= found.high)
        bins = polarity_reliability(found, label)
        metrics |= {
            "coverage": float(inside[known].mean()),
            "width": float((found.high - found.low)[known].mean()),
            "polarity_ece": sum(share * abs(claimed - right) for claimed, right, share in bins),
        }
    return metrics


def polarity_reliability(found: Certainty, label: FloatArray) -> list[tuple[float, float, float]]:
    """For each tenth of probability that any row's polarity has: the mean probability that is
    claimed, the share of the rows where the label has that polarity, and the share of all rows.
    """
    known = ~np.isnan(found.probability)
    right = (found.polarity == polarity_number(label))[known]
    claimed = found.probability[known]
    bin_of = np.minimum((claimed * BINS).astype(int), BINS - 1)
    return [
        (float(claimed[own].mean()), float(right[own].mean()), float(own.mean()))
        for own in (bin_of == number for number in range(BINS))
        if own.any()
    ]


def interval_reliability(logits: Tensor, labels: Tensor) -> list[tuple[float, float]]:
    """For central shares of the distributions from 0 to 1: how many of them hold the label."""
    apart = 2 * (share_below(logits, labels) - 0.5).abs()
    masses = [number / (2 * BINS) for number in range(2 * BINS + 1)]
    return [(mass, float((apart <= mass).float().mean())) for mass in masses]
