"""Acoustic descriptors: 57 numbers that describe how something was said, without any weights.

Nineteen contours over time, in units chosen so that each varies by about one in speech: pitch
(octaves above 100 Hz, in voiced frames), voicing (0 or 1), level (log10 of the amplitude), spectral
centroid (octaves above 1 kHz), tilt (log10 of the ratio of power above and below 1 kHz), flux (0 to
1.4) and 13 MFCC. The descriptors are the mean, the standard deviation and the mean change between
frames of each contour.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torchaudio.functional as audio

from daf_core.arrays import RATE_HZ
from daf_core.encoders.pooling import NO_FRAMES
from daf_core.encoders.waves import Wave, as_float, windows

FRAME = 640  # samples, 40 ms: three periods of the lowest pitch
HOP = 160  # samples, 10 ms
LOWEST_HZ = 75
HIGHEST_HZ = 500
SILENCE_DB = 30  # frames this far below the loudest are unvoiced
VOICED_ABOVE = 0.45
OCTAVE_COST = 0.01  # favours the higher of two pitches that fit equally well
TINY = 1e-10  # power, -100 dBFS: keeps logarithms and quotients of silence finite
MEL_BANDS = 40
COEFFICIENTS = 13
CONTOURS = 6 + COEFFICIENTS


class Descriptors:
    """Mean, deviation and change of acoustic contours. Finite for any wave, silence included.

    Has the interface of `speech.SpeechEncoder`: one layer, no frames.
    """

    layers = 1
    width = 3 * CONTOURS
    frames, frame_width = NO_FRAMES, 0

    def __init__(self) -> None:
        self.taper = torch.hann_window(FRAME)
        self.hertz = torch.linspace(0, RATE_HZ / 2, FRAME + 1)
        self.bands = audio.melscale_fbanks(FRAME + 1, 50.0, RATE_HZ / 2, MEL_BANDS, RATE_HZ)
        self.cosines = audio.create_dct(COEFFICIENTS, MEL_BANDS, norm="ortho")
        self.lags = torch.arange(RATE_HZ // HIGHEST_HZ, RATE_HZ // LOWEST_HZ + 1)
        taper_spectrum = torch.fft.rfft(self.taper, 2 * FRAME).abs().square()
        self.taper_correlation = torch.fft.irfft(taper_spectrum)[self.lags]

    @torch.inference_mode()
    def encode(
        self, waves: Sequence[Wave]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Describe mono 16 kHz waves (samples,), int16 or float32.

        Gives (rows, 1, 57), and frames of shape (rows, 0, 0).
        """
        out = np.empty((len(waves), self.layers, self.width), np.float32)
        for row, wave in zip(out, waves, strict=True):
            pieces = [self._contours(torch.from_numpy(piece)) for piece in windows(as_float(wave))]
            row[0] = _statistics(torch.cat(pieces)).numpy()
        return out, np.empty((len(waves), 0, 0), np.float32)

    def _contours(self, wave: torch.Tensor) -> torch.Tensor:
        """Contours (frames, 19) in the order of the module's docstring.

        In place of voicing they have the periodicity, from which `_statistics` decides it.
        """
        wave = torch.nn.functional.pad(wave, (0, max(0, FRAME - len(wave))))
        frames = wave.unfold(0, FRAME, HOP)
        frames = (frames - frames.mean(dim=1, keepdim=True)) * self.taper
        power = torch.fft.rfft(frames, 2 * FRAME).abs().square()
        pitch, periodicity = self._pitch(power)
        level = (frames.square().sum(dim=1) / self.taper.square().sum() + TINY).log10() / 2
        spectral = [self._centroid(power), self._tilt(power), _flux(power)]
        mfcc = (power @ self.bands / FRAME + TINY).log10() @ self.cosines
        return torch.column_stack([pitch, periodicity, level, *spectral, mfcc])

    def _pitch(self, power: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pitch in octaves above 100 Hz, and periodicity from 0 to 1, each (frames,).

        The autocorrelation divided by that of the taper (Boersma 1993). torchaudio's pitch detector
        would not tell how periodic a frame is.
        """
        correlation = torch.fft.irfft(power)
        whole = correlation[:, :1] + TINY
        ratio = self.taper.square().sum() / self.taper_correlation
        periodicity = correlation[:, self.lags] / whole * ratio
        cost = OCTAVE_COST * (self.lags * LOWEST_HZ / RATE_HZ).log2()
        best = (periodicity - cost).argmax(dim=1)
        pitch = (RATE_HZ / 100 / self.lags[best]).log2()
        return pitch, periodicity.gather(1, best[:, None])[:, 0].clamp(0, 1)

    def _centroid(self, power: torch.Tensor) -> torch.Tensor:
        # The centroid of silence is 1 kHz, because of the little power added there.
        centre = (power @ self.hertz + 1000 * TINY) / (power.sum(dim=1) + TINY)
        return (centre.clamp(min=LOWEST_HZ) / 1000).log2()

    def _tilt(self, power: torch.Tensor) -> torch.Tensor:
        low = power[:, (self.hertz >= 50) & (self.hertz < 1000)].sum(dim=1) / FRAME
        high = power[:, (self.hertz >= 1000) & (self.hertz < 5000)].sum(dim=1) / FRAME
        return ((high + TINY) / (low + TINY)).log10()


def _flux(power: torch.Tensor) -> torch.Tensor:
    """Distance between the unit spectra of a frame and of the previous frame."""
    shape = torch.nn.functional.normalize(power.sqrt(), dim=1)
    return torch.nn.functional.pad(shape.diff(dim=0).norm(dim=1), (1, 0))


def _statistics(contours: torch.Tensor) -> torch.Tensor:
    """Mean, deviation and mean change over frames: (frames, contours) → (3 × contours,)."""
    level = contours[:, 2]
    loud = level > level.max() - SILENCE_DB / 20
    voiced = (contours[:, 1] > VOICED_ABOVE) & loud
    contours[:, 1] = voiced.float()
    used = torch.ones_like(contours, dtype=torch.bool)
    used[:, 0] = voiced
    mean = _mean(contours, used)
    deviation = _mean((contours - mean).square(), used).sqrt()
    change = _mean(contours.diff(dim=0).abs(), used[1:] & used[:-1])
    return torch.cat([mean, deviation, change])


def _mean(values: torch.Tensor, used: torch.Tensor) -> torch.Tensor:
    return (values * used).sum(dim=0) / used.sum(dim=0).clamp(min=1)
