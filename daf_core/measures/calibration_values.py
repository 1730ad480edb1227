"""What calibration measures on held-out rows. Apart from calibration.py, as that loads torch."""

from dataclasses import dataclass
from typing import TypeAlias, TypedDict

COVERAGE = 0.9  # share of the intervals that hold the label
SHAPE_FEATURES = 15  # of `calibration.shape_of`
LEAST_SHARE = 0.001  # of a distribution that an interval of rows of one share takes
TEMPERATURES = (0.2, 5.0)  # least and most


@dataclass(frozen=True)
class Calibration:
    """Measured on held-out rows that have one set of modalities.

    temperature: the number that logits are divided by. mass: the central share of a distribution
    after that which holds the label for COVERAGE of the rows, to which each feature
    of `calibration.shape_of` the distribution times its slope is added. rows: how many were
    measured.
    """

    mass: float
    temperature: float
    rows: int
    slopes: tuple[float, ...] = ()


Calibrations: TypeAlias = dict[str, Calibration]  # by set: "text and audio", "text", "audio"


class CalibrationJson(TypedDict):
    """A calibration as JSON."""

    mass: float
    temperature: float
    rows: int
    slopes: list[float]


def calibrations_as_json(calibrations: Calibrations) -> dict[str, CalibrationJson]:
    """Calibrations of sets of modalities as JSON."""
    return {
        name: {
            "mass": one.mass,
            "temperature": one.temperature,
            "rows": one.rows,
            "slopes": [*one.slopes],
        }
        for name, one in calibrations.items()
    }


def calibrations_from_json(found: dict[str, CalibrationJson]) -> Calibrations:
    """Read what `calibrations_as_json` wrote."""
    return {
        name: Calibration(one["mass"], one["temperature"], one["rows"], tuple(one["slopes"]))
        for name, one in found.items()
    }
