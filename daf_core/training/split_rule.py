"""The split of a corpus without splits: by a hash of the recording, so always the same."""

import hashlib

import numpy as np
import numpy.typing as npt

VALID_FROM, TEST_FROM = 80, 90  # percent of the recordings


def percent(recordings: list[str]) -> npt.NDArray[np.int64]:
    """A number in [0, 100) for each recording id: recordings below VALID_FROM train, recordings
    from TEST_FROM on test, and those between validate.
    """
    return np.array(
        [int(hashlib.sha256(r.encode()).hexdigest()[:8], 16) % 100 for r in recordings],
        np.int64,
    )
