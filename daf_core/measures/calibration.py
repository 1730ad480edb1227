"""How sure is a score? Intervals that hold as often as they say, and how likely its polarity is.

A head's distributions are what it believes of rows like those it was trained on. Held-out rows say
how far to believe them (`reliability.py`): how much of a distribution to take for an interval that
holds nine times in ten, and the temperature at which its polarities are as likely as they claim to
be. Both for every set of modalities that a row may have, as a voice alone says less than voice and
words.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from daf_core.arrays import FloatArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.sentiment_bins import quantile, share_below
from daf_core.schemas import NEUTRAL_BELOW

COVERAGE = 0.9


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


def polarities(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (rows, 3) of negative, neutral and positive."""
    below = [
        share_below(logits / temperature, logits.new_tensor(edge))
        for edge in (-NEUTRAL_BELOW, NEUTRAL_BELOW)
    ]
    return torch.stack([below[0], below[1] - below[0], 1 - below[1]], dim=-1)


def certainty(known: Calibrations, logits: Tensor, present: Tensor) -> Certainty:
    """How sure the scores of rows are: logits (rows, NUM_BINS), present (rows, modalities)."""
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
