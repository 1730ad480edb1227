"""Prepare waveforms for encoders: float32, mono, 16 kHz, of equal level, in windows."""

import numpy as np

from daf_core.arrays import RATE_HZ, PcmSamples, Samples
from daf_core.weights.known import LONGEST_WINDOW_S

WINDOW_SAMPLES = LONGEST_WINDOW_S * RATE_HZ
LEVEL_DBFS = -26.0
LARGEST_GAIN_DB = 40.0  # silence must not become noise as loud as speech

Wave = PcmSamples | Samples


def as_float(wave: Wave) -> Samples:
    """The wave (samples,) as float32 in [-1, 1]; int16 is scaled by 1/32768."""
    samples: Samples = wave.astype(np.float32)
    if wave.dtype == np.int16:
        samples /= np.float32(32768)
    return samples


def normalise_level(samples: Samples) -> Samples:
    """Scale (samples,) to an RMS of -26 dBFS, with a gain of at most 40 dB."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
    target = 10 ** (LEVEL_DBFS / 20)
    gain = min(target / max(rms, 1e-9), 10 ** (LARGEST_GAIN_DB / 20))
    return np.multiply(samples, gain, dtype=np.float32)


def windows(samples: Samples, longest: int = WINDOW_SAMPLES) -> list[Samples]:
    """The wave cut into the fewest windows of equal length of `longest` samples or fewer."""
    return np.array_split(samples, max(1, -(-len(samples) // longest)))
