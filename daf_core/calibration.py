"""How sure is a score? Intervals that hold as often as they say, and how likely its polarity is.

A head's distributions are what it believes of rows like those it was trained on. Held-out rows say
how far to believe them: how much of a distribution to take for an interval that holds nine times
in ten, and the temperature at which its polarities are as likely as they claim to be. Both for
every set of modalities that a row may have, as a voice alone says less than voice and words.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from daf_core.heads.points import quantile, share_below
from daf_core.metrics import class_metrics
from daf_core.modalities import MODALITIES
from daf_core.schemas import NEUTRAL_BELOW, polarity_number

COVERAGE = 0.9
TEMPERATURES = (0.2, 5.0)
BINS = 10

FloatArray: TypeAlias = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Calibration:
    """Of rows with one set of modalities.

    mass: the central share of a distribution that holds the label for COVERAGE of all rows;
    temperature: what logits are divided by; rows: how many it was learned from.
    """

    mass: float
    temperature: float
    rows: int


# "text and audio", "text", "audio" → what was learned from rows that have just these
Calibrations: TypeAlias = dict[str, Calibration]


@dataclass(frozen=True)
class Certainty:
    """Of (rows,) scores.

    low, high: ends of intervals in [-3, 3]; polarity: the most probable, an index into POLARITIES;
    probability: its own, calibrated. But for the polarity NaN where nothing was learned about rows
    with such modalities.
    """

    low: FloatArray
    high: FloatArray
    polarity: npt.NDArray[np.int64]
    probability: FloatArray


def calibration(logits: Tensor, labels: Tensor) -> Calibration:
    """From distributions (rows, POINTS) that a head gave to held-out rows with labels (rows,).

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


def polarities(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (rows, 3) of negative, neutral and positive."""
    below = [
        share_below(logits / temperature, logits.new_tensor(edge))
        for edge in (-NEUTRAL_BELOW, NEUTRAL_BELOW)
    ]
    return torch.stack([below[0], below[1] - below[0], 1 - below[1]], dim=-1)


def certainty(known: Calibrations, logits: Tensor, present: Tensor) -> Certainty:
    """How sure the scores of rows are: logits (rows, POINTS), present (rows, modalities)."""
    low, high, probability = (torch.full(logits.shape[:1], math.nan) for _ in range(3))
    polarity = polarities(logits, 1.0).argmax(dim=1)
    for had in torch.unique(present, dim=0):
        learned = known.get(modalities_had(had))
        if learned is None:
            continue
        rows = (present == had).all(dim=1).nonzero()[:, 0]
        said = logits[rows]
        low[rows] = quantile(said, 0.5 - learned.mass / 2)
        high[rows] = quantile(said, 0.5 + learned.mass / 2)
        probability[rows], polarity[rows] = polarities(said, learned.temperature).max(dim=1)
    return Certainty(low.numpy(), high.numpy(), polarity.numpy(), probability.numpy())


def modalities_had(present: Tensor) -> str:
    """Name of a set of modalities, (modalities,) bool."""
    return " and ".join(name for name, has in zip(MODALITIES, present.tolist(), strict=True) if has)


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
