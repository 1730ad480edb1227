"""Damage to a voice: (samples,) float64 in [-1, 1] at 16 kHz in, as many samples out.

What comes out may be louder than 1. Drawn with the same generator, more severe damage is more of
the same: the same noise at another level, further packets lost beside the first ones.
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
MEAN_BURST = 2.0  # packets that are lost one after the other; our choice

MASKS = 2  # bands, and as many spans of time
BAND = 27 / 80  # of the mel scale at most
SPAN_S, SPAN_SHARE = 1.0, 0.2  # at most, and of the whole
FRAME, HOP = 400, 160  # 25 and 10 ms


def power(wave: Wave) -> float:
    """Mean square."""
    return float(np.mean(np.square(wave)))


def add_noise(wave: Wave, noise: Wave, snr_db: float) -> Wave:
    """The wave with `noise`, as long, so that their powers are `snr_db` apart; silence stays so."""
    gain: float = np.sqrt(power(wave) / power(noise) / 10 ** (snr_db / 10))
    return wave + gain * noise


def white_noise(samples: int, draw: np.random.Generator) -> Wave:
    """The same power at all frequencies."""
    return draw.standard_normal(samples)


def speech_shaped_noise(samples: int, draw: np.random.Generator) -> Wave:
    """Noise with the spectrum of speech: very many voices at once."""
    whole = max(samples, RATE_HZ)
    hz = np.fft.rfftfreq(whole, 1 / RATE_HZ)
    spectrum = np.fft.rfft(draw.standard_normal(whole))
    heard = hz >= SPEECH_FROM_HZ
    spectrum[heard] *= 10 ** (SPEECH_DB(np.log10(hz[heard])) / 20)
    spectrum[~heard] = 0
    return np.fft.irfft(spectrum, whole)[:samples]


def reverberate(wave: Wave, rt60_s: float, draw: np.random.Generator) -> Wave:
    """The wave in a room, as loud as it was; what sounds on after its end is cut.

    The room answers with noise that decays by 60 dB in `rt60_s` (Polack 1988). The speaker is at
    the critical distance, our choice: the room's answer has the energy of the direct sound.
    """
    decay = 10 ** (-3 * np.arange(round(rt60_s * RATE_HZ)) / (rt60_s * RATE_HZ))
    tail = draw.standard_normal(len(decay)) * decay
    response = np.concatenate([[1.0], tail / np.linalg.norm(tail)])
    wet: Wave = fftconvolve(wave, response)[: len(wave)]
    gain: float = np.sqrt(power(wave) / max(power(wet), np.finfo(float).tiny))
    return gain * wet


def lose_packets(wave: Wave, share: float, draw: np.random.Generator) -> Wave:
    """The wave with a `share` of its 20 ms packets zero."""
    lost = lost_packets(-(-len(wave) // PACKET), share, draw)
    return np.where(np.repeat(lost, PACKET)[: len(wave)], 0.0, wave)


def lost_packets(packets: int, share: float, draw: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which of so many packets are lost: `share`, below .5, of them in the long run, in bursts.

    A chain of two states, received and lost, as in Gilbert 1960 (Bell System Technical Journal 39)
    with all lost in the bad one: lost / (lost + received) is enter / (enter + leave).
    """
    leave = 1 / MEAN_BURST
    enter = leave * share / (1 - share)
    lost, chance = np.zeros(packets, bool), share
    for number, drawn in enumerate(draw.random(packets)):
        lost[number] = drawn < chance
        chance = 1 - leave if lost[number] else enter
    return lost


def mask_spectrogram(wave: Wave, draw: np.random.Generator) -> Wave:
    """The wave without two bands of its spectrum and two spans of time, each of a random size, as
    SpecAugment (Park et al. 2019, arXiv 1904.08779) takes them out of a mel spectrogram; sizes of
    its policy LD, spans as a share of the whole those of LibriFullAdapt (arXiv 1912.05533).
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
