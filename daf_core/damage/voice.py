"""Damage to speech: functions from samples (samples,) float64 in [-1, 1] at 16 kHz to as many.

The result may exceed [-1, 1]. With the same random numbers, more severe damage extends milder
damage: the same noise at another level, or the same lost packets and further ones.
"""

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Polynomial
from scipy.signal import ShortTimeFFT, fftconvolve
from scipy.signal.windows import hann

from daf_core.arrays import RATE_HZ

Wave = npt.NDArray[np.float64]

# Long-term spectral density of speech in dB over log10 of Hz, 100 to 8,000 Hz: ITU-T P.50,
# equation 4-1.
SPEECH_DB = Polynomial([-376.44, 465.439, -157.745, 16.7124])
SPEECH_FROM_HZ = 100.0

PACKET = RATE_HZ // 50  # 20 ms
MEAN_BURST = 2.0  # packets lost in a row; our choice

MASKS = 2  # of bands, and as many of spans of time
BAND = 27 / 80  # largest share of the mel scale
SPAN_S, SPAN_SHARE = 1.0, 0.2  # a span is at most this long, and this share of the wave
FRAME, HOP = 400, 160  # samples: 25 and 10 ms


def power(wave: Wave) -> float:
    """Mean square of (samples,)."""
    return float(np.mean(np.square(wave)))


def add_noise(wave: Wave, noise: Wave, snr_db: float) -> Wave:
    """Add `noise` of the same length at this signal-to-noise ratio; silence stays silent."""
    gain: float = np.sqrt(power(wave) / power(noise) / 10 ** (snr_db / 10))
    return wave + gain * noise


def white_noise(samples: int, draw: np.random.Generator) -> Wave:
    """Noise (samples,) with the same power at all frequencies."""
    return draw.standard_normal(samples)


def speech_shaped_noise(samples: int, draw: np.random.Generator) -> Wave:
    """Noise (samples,) with the long-term spectrum of speech, like very many voices at once."""
    whole = max(samples, RATE_HZ)
    hz = np.fft.rfftfreq(whole, 1 / RATE_HZ)
    spectrum = np.fft.rfft(draw.standard_normal(whole))
    heard = hz >= SPEECH_FROM_HZ
    spectrum[heard] *= 10 ** (SPEECH_DB(np.log10(hz[heard])) / 20)
    spectrum[~heard] = 0
    return np.fft.irfft(spectrum, whole)[:samples]


def reverberate(wave: Wave, rt60_s: float, draw: np.random.Generator) -> Wave:
    """The wave in a room, at unchanged loudness; reverberation after its end is cut off.

    The room's impulse response is noise that decays by 60 dB in `rt60_s` seconds (Polack 1988). The
    speaker is at the critical distance, our choice: reverberation and direct sound have equal
    energy.
    """
    decay = 10 ** (-3 * np.arange(round(rt60_s * RATE_HZ)) / (rt60_s * RATE_HZ))
    tail = draw.standard_normal(len(decay)) * decay
    response = np.concatenate([[1.0], tail / np.linalg.norm(tail)])
    wet: Wave = fftconvolve(wave, response)[: len(wave)]
    gain: float = np.sqrt(power(wave) / max(power(wet), np.finfo(float).tiny))
    return gain * wet


def lose_packets(wave: Wave, share: float, draw: np.random.Generator) -> Wave:
    """The wave with a `share` of its 20 ms packets set to zero."""
    lost = lost_packets(-(-len(wave) // PACKET), share, draw)
    return np.where(np.repeat(lost, PACKET)[: len(wave)], 0.0, wave)


def lost_packets(packets: int, share: float, draw: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which packets (packets,) are lost: on average a `share` (below 0.5), in bursts.

    A Markov chain with the states received and lost, after Gilbert 1960 (Bell System Technical
    Journal 39), where the bad state loses every packet: `share` is enter / (enter + leave).
    """
    leave = 1 / MEAN_BURST
    enter = leave * share / (1 - share)
    lost, chance = np.zeros(packets, bool), share
    for number, drawn in enumerate(draw.random(packets)):
        lost[number] = drawn < chance
        chance = 1 - leave if lost[number] else enter
    return lost


def mask_spectrogram(wave: Wave, draw: np.random.Generator) -> Wave:
    """Remove two bands of the spectrum and two spans of time, each of a random size.

    SpecAugment (Park et al. 2019, arXiv 1904.08779) does this to mel spectrograms. Bands have the
    sizes of its policy LD; spans have at most the share of the wave of LibriFullAdapt (arXiv
    1912.05533). A wave shorter than a frame is unchanged.
    """
    frames = ShortTimeFFT(hann(FRAME, sym=False), HOP, RATE_HZ, fft_mode="onesided")
    if len(wave) < FRAME:
        return wave
    spectrum = frames.stft(wave)
    mel = 2595 * np.log10(1 + frames.f / 700)
    place, steps = mel / mel[-1], spectrum.shape[1]
    longest = min(SPAN_S * RATE_HZ / HOP, SPAN_SHARE * steps)
    for _ in range(MASKS):
        width, at, span, start = draw.random(4) * (BAND, 1, longest, 1)
        low = at * (1 - width)
        spectrum[(place >= low) & (place < low + width)] = 0
        first = int(start * (steps - span))
        spectrum[:, first : first + int(span)] = 0
    whole: Wave = frames.istft(spectrum, k1=len(wave))
    return whole
