"""Which part of one channel's sound is another channel's: prediction of the one from the other."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from daf_core.arrays import RATE_HZ, BoolArray, Samples

LOW_HZ = 4_000  # the strongest part of speech lies below 2 kHz, on every line and in every codec
FRAME, HOP = 256, 128  # 64 ms every 32 ms
FRAMES_PER_S = LOW_HZ / HOP
WINDOW = np.hanning(FRAME + 1)[:-1].astype(np.float32)  # periodic
BAND = slice(13, 122)  # bins of 15.6 Hz: 200 to 1,900 Hz, free of hum
LATEST_S, EARLIEST_S = 0.5, 0.03  # an echo comes later; recorders differ by a little both ways
SMOOTH_FRAMES = 9  # 0.3 s
WHITENING = 0.7  # of the cross-spectrum; 1 is the phase transform (Knapp and Carter 1976)
TRUST_RANGE = 1e-4  # frames 40 dB below the mean are trusted most; below that there is only noise

DOUBT = 0.03  # weight of a frame that a first fit does not explain, in the second
EXPLAINED = 0.4  # least share of a frame's energy that can be predicted, for bleed
QUIET = 4.0  # a frame with less than this many times the noise floor holds no speech
DIGITAL_SILENCE = 1e-10  # energy of a frame, about -110 dBFS

Power = npt.NDArray[np.float64]  # (frames,)
Spectra = npt.NDArray[np.complex64]  # (frames, bins)


class Explained(NamedTuple):
    """A channel beside another one, in frames of 32 ms, smoothed over 0.3 s."""

    share: Power  # of each frame's energy that the other channel predicts, in [0, 1]
    level: Power  # energy of this channel
    other_level: Power  # energy of the other channel when its sound arrives in this one

    @property
    def rest(self) -> Power:
        """Energy that is neither the other channel's nor noise."""
        return np.maximum((1 - self.share) * self.level - QUIET * noise_floor(self.level), 0)

    @property
    def bleed(self) -> BoolArray:
        """Frames whose sound, beyond the noise floor, is mostly the other channel's."""
        found: BoolArray = (self.share > EXPLAINED) & (self.share * self.level > self.rest)
        return found & (self.level > DIGITAL_SILENCE)

    @property
    def lead_db(self) -> Power:
        """How much louder the other channel is."""
        ratio: Power = (self.other_level + DIGITAL_SILENCE) / (self.level + DIGITAL_SILENCE)
        return 10 * np.log10(ratio)


def noise_floor(level: Power) -> float:
    """The level of frames in which nobody speaks: the 10th percentile of those with any sound."""
    heard = level[level > DIGITAL_SILENCE]
    return float(np.percentile(heard, 10)) if len(heard) else 0.0


def low_band(samples: Samples) -> Samples:
    """Samples (samples,) at 16 kHz as (samples / 4,) at 4 kHz, with a flatter spectrum."""
    low = soxr.resample(samples, RATE_HZ, LOW_HZ, quality="MQ")
    flatter: Samples = np.diff(low, prepend=low[:1]).astype(np.float32)
    return flatter


def frame_count(low: Samples) -> int:
    """Number of frames in (samples,) of `low_band`, at least 1; frame i begins at i · 32 ms."""
    return max(1, 1 + (len(low) - FRAME) // HOP)


def explain(target: Samples, source: Samples) -> Explained:
    """How much of `target` can be predicted from `source`, both (samples,) of `low_band`.

    The source passes through one linear filter of at most 64 ms after one delay (up to 0.5 s), with
    a gain of its own in each frame. The filter is fitted by least squares in each frequency; frames
    weigh inversely to the target's energy, so that its own speech hardly bends the filter, and a
    second fit trusts those that the first explains. The share is the squared correlation of
    prediction and target.
    """
    delay = _delay(target, source)
    heard, played = _spectra(target), _spectra(_delayed(source, delay))
    level = _energy(heard)
    trust = 1 / (level + TRUST_RANGE * level.mean() + 1e-20)
    share = _share(heard, played, trust)
    share = _share(heard, played, trust * (share + DOUBT))
    # A small delay must not count: whoever leads one way has to follow the other way.
    at_arrival = played if abs(delay) > EARLIEST_S * LOW_HZ else _spectra(source)
    return Explained(share, _smooth(level), _smooth(_energy(at_arrival)))


def _share(heard: Spectra, played: Spectra, trust: Power) -> Power:
    """Squared correlation of each frame (smoothed) with its prediction, fitted with weights."""
    weighted = trust[:, None].astype(np.float32) * np.conj(played)
    against = np.einsum("tf,tf->f", weighted, played).real
    filters = np.einsum("tf,tf->f", weighted, heard) / (against + 1e-20)
    predicted = filters.astype(np.complex64) * played
    both = _smooth(_products(predicted, heard))
    power = _smooth(_energy(predicted)) * _smooth(_energy(heard))
    share: Power = np.clip(np.maximum(both, 0) ** 2 / np.maximum(power, 1e-30), 0, 1)
    return share


def _delay(target: Samples, source: Samples) -> int:
    """Samples by which `target` lags `source`: the strongest peak of the whitened correlation.

    Both are divided by the target's level first: where the target is loud, it speaks itself.
    """
    level = np.maximum(uniform_filter1d(target**2, SMOOTH_FRAMES * HOP, mode="nearest"), 0)
    trust = 1 / np.sqrt(level + TRUST_RANGE * level.mean() + 1e-20)
    latest, earliest = round(LATEST_S * LOW_HZ), round(EARLIEST_S * LOW_HZ)
    size = next_fast_len(len(target) + latest, real=True)
    cross = np.conj(rfft(source * trust, size)) * rfft(target * trust, size)
    correlation = np.abs(irfft(cross / (np.abs(cross) ** WHITENING + 1e-20), size))
    around = np.concatenate([correlation[-earliest:], correlation[:latest]])
    return int(around.argmax()) - earliest


def _delayed(samples: Samples, delay: int) -> Samples:
    """As many samples, `delay` later (earlier if negative); zeros come in."""
    moved = np.zeros_like(samples)
    if delay >= 0:
        moved[delay:] = samples[: max(0, len(samples) - delay)]
    else:
        moved[:delay] = samples[-delay:]
    return moved


def _spectra(low: Samples) -> Spectra:
    padded = np.pad(low, (0, max(0, FRAME - len(low))))
    spectra: Spectra = rfft(sliding_window_view(padded, FRAME)[::HOP] * WINDOW, axis=1)[:, BAND]
    return spectra


def _products(one: Spectra, other: Spectra) -> Power:
    """Real part of the inner product of each frame."""
    real = np.einsum("tf,tf->t", one.real, other.real, dtype=np.float64)
    imaginary: Power = np.einsum("tf,tf->t", one.imag, other.imag, dtype=np.float64)
    return np.asarray(real + imaginary)


def _energy(spectra: Spectra) -> Power:
    return _products(spectra, spectra)


def _smooth(values: Power) -> Power:
    smooth: Power = uniform_filter1d(values, SMOOTH_FRAMES, mode="nearest", output=np.float64)
    smooth[smooth < 0] = 0  # the running sum leaves rounding errors
    return smooth
