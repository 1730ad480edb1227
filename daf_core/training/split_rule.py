"""How a corpus without splits is split: by recording, the same everywhere and for ever."""

import hashlib

import numpy as np
import numpy.typing as npt

VALID_FROM, TEST_FROM = 80, 90  # percent of the recordings


def percent(recordings: list[str]) -> npt.NDArray[np.int64]:
    """A number in [0, 100) for each recording id: below VALID_FROM it trains, from TEST_FROM on it
    tests.
    """
    return np.array(
        [int(hashlib.sha256(r.encode()).hexdigest()[:8], 16) % 100 for r in recordings],
        np.int64,
    )
