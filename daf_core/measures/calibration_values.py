"""What calibration measures on held-out rows. Apart from calibration.py, as that loads torch."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Calibration:
    """Measured on held-out rows that have one set of modalities.

    mass: the central share of a distribution that holds the label for `calibration.COVERAGE` of the
    rows; temperature: the number that logits are divided by; rows: how many rows were measured.
    """

    mass: float
    temperature: float
    rows: int


Calibrations: TypeAlias = dict[str, Calibration]  # by set: "text and audio", "text", "audio"
