"""Certainty of scores: intervals with a known coverage, and calibrated polarity probabilities.

The distributions of a head are calibrated on held-out rows (`reliability.py`): which central share
of a distribution holds the label nine times in ten, and at which temperature the probabilities of
polarities are right. Each set of modalities is calibrated on its own, as audio alone says less than
audio with text.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from daf_core.arrays import FloatArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import quantile, share_below
from daf_core.measures.calibration_values import Calibrations
from daf_core.schemas import NEUTRAL_BELOW, POLARITIES

COVERAGE = 0.9


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


def polarities(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (rows, 3) of negative, neutral and positive, from logits (rows, NUM_BINS)."""
    below = [
        share_below(logits / temperature, logits.new_tensor(edge))
        for edge in (-NEUTRAL_BELOW, NEUTRAL_BELOW)
    ]
    return torch.stack([below[0], below[1] - below[0], 1 - below[1]], dim=-1)


def certainty(calibrations: Calibrations, logits: Tensor, present: Tensor) -> Certainty:
    """Certainty of rows with logits (rows, NUM_BINS) and modalities `present` (rows, M) bool."""
    low, high = (torch.full(logits.shape[:1], math.nan) for _ in range(2))
    probabilities = torch.full((len(logits), len(POLARITIES)), math.nan)
    most_probable = polarities(logits, 1.0).argmax(dim=1)
    for modalities in torch.unique(present, dim=0):
        calibration = calibrations.get(modality_set(modalities))
        if calibration is None:
            continue
        rows = (present == modalities).all(dim=1).nonzero()[:, 0]
        own = logits[rows]
        low[rows] = quantile(own, 0.5 - calibration.mass / 2)
        high[rows] = quantile(own, 0.5 + calibration.mass / 2)
        probabilities[rows] = polarities(own, calibration.temperature)
        most_probable[rows] = probabilities[rows].argmax(dim=1)
    return Certainty(low.numpy(), high.numpy(), most_probable.numpy(), probabilities.numpy())


def modality_set(present: Tensor) -> str:
    """Name of a set of modalities, (M,) bool: "text and audio", "text" or "audio"."""
    return " and ".join(name for name, has in zip(MODALITIES, present.tolist(), strict=True) if has)
