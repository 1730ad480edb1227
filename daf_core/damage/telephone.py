"""Speech over a telephone line: 8 kHz, 300 to 3,400 Hz, 8-bit µ-law."""

import numpy as np
import numpy.typing as npt
import soxr
from scipy.signal import butter, sosfilt

from daf_core.arrays import RATE_HZ
from daf_core.damage.voice import Wave

LINE_HZ = 8_000
BAND = butter(4, (300, 3_400), "bandpass", fs=LINE_HZ, output="sos")
FULL_SCALE = 8_192  # of µ-law's 14 bits
BIAS = 33
LOUDEST = FULL_SCALE - 1 - BIAS


def telephone(wave: Wave) -> Wave:
    """Samples (samples,) in [-1, 1] at 16 kHz after a telephone line; returns as many."""
    line = sosfilt(BAND, soxr.resample(wave, RATE_HZ, LINE_HZ))
    coded = mu_law(np.rint(line * FULL_SCALE).astype(np.int64))
    heard = soxr.resample(coded / FULL_SCALE, LINE_HZ, RATE_HZ)[: len(wave)]
    return np.pad(heard, (0, len(wave) - len(heard)))


def mu_law(samples: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Code 14-bit samples to 8 bits and decode them again, as in ITU-T G.711 (table 2a).

    Each sign has eight segments of 16 steps; a segment is twice as wide as the previous one.
    Samples louder than the last segment are clipped.
    """
    biased = np.minimum(np.abs(samples), LOUDEST) + BIAS
    segment = np.frexp(biased)[1].astype(np.int64) - 6
    step = biased >> (segment + 1) & 15
    decoded: npt.NDArray[np.int64] = (2 * step + BIAS << segment) - BIAS
    return np.sign(samples) * decoded
