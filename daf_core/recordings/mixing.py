"""One signal of the channels of a recording."""

import numpy as np

from daf_core.arrays import Samples
from daf_core.recordings.decoding.placed_blocks import Frames

CANCELS_BELOW = 0.26  # level of the mean under this share of the loudest channel's: -11.7 dB
CLEARLY_LOUDER = 1.26  # in power, 1 dB: else the first of two channels that are as loud is taken


def mono(frames: Frames, channel: int | None) -> Samples:
    """One channel of (frames, channels) as a copy, or for None all of them mixed: (frames,).

    Channels are mixed to their mean. Where that cancels the sound (two channels out of phase) or
    drowns it (one channel alone of four and more), the loudest channel is taken. The rule looks at
    nothing but the frames, so that a cut does not depend on what was read before it; of channels
    within 1 dB it takes the first, so that it does not change from cut to cut.
    """
    count = frames.shape[1]
    if channel is not None or count == 1:
        column: Samples = frames[:, channel or 0].copy()
        return column
    mean: Samples = frames.mean(axis=1, dtype=np.float32)
    power = np.einsum("ij,ij->j", frames, frames, dtype=np.float64)
    if np.dot(mean, mean) < CANCELS_BELOW * CANCELS_BELOW * power.max(initial=0):
        loudest = int(np.argmax(power * CLEARLY_LOUDER >= power.max()))
        mean = frames[:, loudest].copy()
    return mean
