"""Ranges of those tensors of a head whose numbers have a meaning.

A negative inverse temperature or scale would reverse what a modality or a feature says, and the
scores would not show it. Weights of layers may be any finite numbers.
"""

import numpy as np
from numpy.typing import NDArray

MOST_INVERSE_TEMPERATURE = 1e3  # as of the temperatures in head.json
MOST_SCALE = 1.001e6  # the inverse of the least deviation, `heads.parts`, in float32
NEAR_ONE = 1e-2  # of the sum of the probabilities of a prior
MOST_INFORMATION = 1e3  # nats; far above what a distribution over sentiment bins can hold
_RANGES = {
    "inverse_temperatures": MOST_INVERSE_TEMPERATURE,
    "whole_inverse_temperature": MOST_INVERSE_TEMPERATURE,
    "whole_share": 1.0,
    "sharpness": MOST_INVERSE_TEMPERATURE,
    "scale": MOST_SCALE,
    "usual_information": MOST_INFORMATION,
}
_LOG_PROBABILITIES = frozenset({"prior", "priors", "log_shares"})


def problem(name: str, values: NDArray[np.floating]) -> str | None:
    """Why the finite `values` cannot be those of the tensor `name`, None if they can."""
    own = name.rpartition(".")[2]
    if own in _RANGES and not ((values >= 0) & (values <= _RANGES[own])).all():
        return f"expected numbers from 0 to {_RANGES[own]:g}, found one outside"
    if own in _LOG_PROBABILITIES:
        with np.errstate(over="ignore"):
            sums = np.exp(values.astype(np.float64)).sum(axis=-1)
        if not (abs(sums - 1) <= NEAR_ONE).all():
            return "expected logarithms of probabilities that sum to one, found others"
    if own == "distances" and (np.diff(values) < 0).any():
        return "expected percentiles in ascending order, found others"
    return None
