"""Certainty of scores: intervals with a known coverage, and calibrated polarity probabilities.

The distributions of a head are calibrated on held-out rows (`reliability.py`): at which temperature
the probabilities of polarities are right, and which central share of a distribution then holds the
label nine times in ten. Each set of modalities is calibrated on its own, as audio alone says less
than audio with text.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from daf_core.arrays import FloatArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import LOWEST, NUM_BINS, STEP, quantile, share_below
from daf_core.measures.calibration_values import Calibration, Calibrations
from daf_core.schemas import NEUTRAL_BELOW, POLARITIES


@dataclass(frozen=True)
class Certainty:
    """Certainty of (rows,) scores.

    low, high: ends of the intervals, in [-3, 3].
    most_probable: the most probable polarity, an index into POLARITIES. It may be another than that
    of the sentiment: the median of a distribution with two peaks lies between them.
    probabilities: (rows, POLARITIES) calibrated; they sum to one.

    All but `most_probable` are NaN when the row's set of modalities has no calibration.
    """

    low: FloatArray
    high: FloatArray
    most_probable: npt.NDArray[np.int64]
    probabilities: FloatArray


def shape_of(logits: Tensor) -> Tensor:
    """The shape (rows, NUM_BINS + 2) float64 of distributions, as logits (rows, NUM_BINS): their
    probabilities but the first, deviation, entropy, and the distance of the mean from 0.
    """
    probabilities = logits.double().softmax(dim=-1)
    values = LOWEST + STEP * torch.arange(NUM_BINS, dtype=torch.float64)
    mean = probabilities @ values
    deviation = (probabilities @ values.square() - mean.square()).clamp_min(0).sqrt()
    entropy = torch.special.entr(probabilities).sum(dim=-1)
    return torch.cat([probabilities[:, 1:], torch.stack([deviation, entropy, mean.abs()], 1)], 1)


def needed_share(logits: Tensor, labels: Tensor) -> npt.NDArray[np.float64]:
    """The central share (rows,), in [0, 1], of each distribution that just holds its label."""
    found: npt.NDArray[np.float64] = 2 * (share_below(logits, labels) - 0.5).abs().double().numpy()
    return found


def share_of_interval(calibration: Calibration, logits: Tensor) -> Tensor:
    """The central share (rows,), in [0, 1], of distributions that their intervals take."""
    share = calibration.mass + added_by_shape(calibration, logits)
    return share.clamp(0, 1).to(logits.dtype)


def added_by_shape(calibration: Calibration, logits: Tensor) -> Tensor:
    """What the shape of each distribution adds to the share of its interval: (rows,) float64."""
    if not calibration.slopes:
        return torch.zeros(len(logits), dtype=torch.float64)
    return shape_of(logits) @ torch.tensor(calibration.slopes, dtype=torch.float64)


def polarities(logits: Tensor) -> Tensor:
    """Probabilities (rows, 3) of negative, neutral and positive, from logits (rows, NUM_BINS)."""
    below = [
        share_below(logits, logits.new_tensor(edge)) for edge in (-NEUTRAL_BELOW, NEUTRAL_BELOW)
    ]
    return torch.stack([below[0], below[1] - below[0], 1 - below[1]], dim=-1)


def certainty(calibrations: Calibrations, logits: Tensor, present: Tensor) -> Certainty:
    """Certainty of rows with logits (rows, NUM_BINS) and modalities `present` (rows, M) bool."""
    low, high = (torch.full(logits.shape[:1], math.nan) for _ in range(2))
    probabilities = torch.full((len(logits), len(POLARITIES)), math.nan)
    most_probable = polarities(logits).argmax(dim=1)
    for modalities in torch.unique(present, dim=0):
        calibration = calibrations.get(modality_set(modalities))
        if calibration is None:
            continue
        rows = (present == modalities).all(dim=1).nonzero()[:, 0]
        own = logits[rows] / calibration.temperature
        half = share_of_interval(calibration, own) / 2
        low[rows] = quantile(own, 0.5 - half)
        high[rows] = quantile(own, 0.5 + half)
        probabilities[rows] = polarities(own)
        most_probable[rows] = probabilities[rows].argmax(dim=1)
    return Certainty(low.numpy(), high.numpy(), most_probable.numpy(), probabilities.numpy())


def modality_set(present: Tensor) -> str:
    """Name of a set of modalities, (M,) bool: "text and audio", "text" or "audio"."""
    return " and ".join(name for name, has in zip(MODALITIES, present.tolist(), strict=True) if has)
