"""Waveforms as encoders expect them: float32, mono, 16 kHz, at an even level."""

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
LEVEL_DBFS = -26.0
LARGEST_GAIN_DB = 40.0  # the noise floor of silence is not blown up to speech

Wave = npt.NDArray[np.int16] | npt.NDArray[np.float32]


def as_float(wave: Wave) -> npt.NDArray[np.float32]:
    """The wave (samples,) as float32 in [-1, 1]; int16 is scaled by 1/32768."""
    if wave.dtype == np.int16:
        return wave.astype(np.float32) / np.float32(32768)
    return wave.astype(np.float32, copy=False)


def normalise_level(wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring the wave's RMS to -26 dBFS; the gain is at most 40 dB."""
    rms = np.sqrt(np.mean(np.square(wave, dtype=np.float64))) if wave.size else 0.0
    target = 10 ** (LEVEL_DBFS / 20)
    gain = min(target / max(rms, 1e-9), 10 ** (LARGEST_GAIN_DB / 20))
    return wave * np.float32(gain)
