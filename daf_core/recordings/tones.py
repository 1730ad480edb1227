"""Sounds of a telephone that are no speech: tones and hold music, told by their spectra.

Measured (benchmarks/science/told_sounds.py): all 54 made tones and 90 made tunes are told (plain,
over a telephone, with noise 20 dB below), a lone flute as a tone. Of 183 cuts of real hold music at
8 kHz 84 % are told; what is missed is mostly drums or vibrato. Of 5,600 cuts of real speech none is
(telephone, meeting, acted with crying and shouting, 16 kb/s), and of 481 of a synthesizer two: both
slow on one pitch. Speech 5 dB above music is speech; as loud as the music, it is told as music in
2 %, 5 dB below in 23 %. It costs 0.3 ms a second of audio, 1 % of encoding it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from daf_core.arrays import RATE_HZ, BoolArray, Samples

LONG, SHORT = 2_048, 1_024  # samples of a frame, half overlapping: 128 ms, 64 ms for bursts
WINDOWS = {frame: np.hanning(frame + 1)[:-1].astype(np.float32) for frame in (LONG, SHORT)}
BAND_HZ = 62, 3_750  # which every line carries
AROUND = 33  # bins over which a line has to stand out
STANDS_OUT = 5.0  # times the mean around it
STEADY_BINS = 0.3  # a line moves by less than this (2.3 Hz) from frame to frame

LOUD, LOUDER = 1e-3, 1 / 8  # -30 and -9 dB of the loudest frame
SILENT = 1e-6  # energy of a frame with a peak of about -75 dBFS

PROBE = 20_480  # samples around the loudest of a longer cut: 1.28 s
PROBE_ENERGY = 0.2  # in steady lines; with less the rest is not looked at

TONE_LINES = 3  # at once, such as a carrier with its two sidebands
TONE_ENERGY = 0.8  # of a frame
TONE_FRAMES = {LONG: 0.7, SHORT: 0.5}  # bursts fill few frames wholly
TONE_IN_ALL = {LONG: 0.8, SHORT: 0.9}  # of the energy
TONE_PITCHES, TONE_PITCH_ENERGY = 8, 0.8  # in all: DTMF has eight

MUSIC_S = 1.5
MUSIC_ENERGY = 0.5  # in steady lines
MUSIC_FRAMES = 0.4  # that have a tenth of their energy in lines that last 0.25 s
MUSIC_CHORDS = 0.5  # frames with two or more such lines
MUSIC_FILLS = 0.5  # of the time


class Lines(NamedTuple):
    """Spectral lines in the frames of a cut that hold sound; `frame` counts these frames alone."""

    frame: npt.NDArray[np.intp]  # (lines,)
    power: npt.NDArray[np.float32]  # (lines,)
    steady: BoolArray  # (lines,): the frame before or after has it too
    lasting: BoolArray  # (lines,): three frames in a row have it
    energy: npt.NDArray[np.float32]  # (frames,), of everything
    spectrum: npt.NDArray[np.float32]  # (bins,), of all frames
    filled: float  # share of the time that holds sound

    def energy_of(self, lines: BoolArray) -> npt.NDArray[np.float64]:
        """(frames,) of these lines."""
        power = self.power[lines].astype(np.float64)
        return np.bincount(self.frame[lines], power, len(self.energy)).astype(np.float64)


def sound_kind(samples: Samples) -> str | None:
    """What a cut holds in place of speech: "tone" or "music"; None for all else.

    samples: (samples,) at 16 kHz. A tone has nearly all of its energy in at most three narrow lines
    that do not move, and all in all in eight: ring-back, busy and dial tones, DTMF, fax, beeps.
    Music, from 1.5 s on, has several lines at once that do not move for 0.25 s, in most of its
    frames. A voice glides: its harmonics leave a line of 2.3 Hz within a tenth of a second.
    """
    if not len(samples):
        return None
    if len(samples) > 2 * PROBE:
        first = min(max(0, int(np.abs(samples).argmax()) - PROBE // 2), len(samples) - PROBE)
        if _glides(_lines(samples[first : first + PROBE], LONG)):
            return None
    lines = _lines(samples, LONG)
    if not len(lines.energy):
        return None
    if _few_pitches(lines) and (_is_tone(lines, LONG) or _is_tone(_lines(samples, SHORT), SHORT)):
        return "tone"
    return "music" if len(samples) >= MUSIC_S * RATE_HZ and _is_music(lines) else None


def _glides(lines: Lines) -> bool:
    """Whether a part of a cut is so clearly no tone and no music that the rest need not be seen."""
    steady = lines.energy_of(lines.steady).sum()
    return len(lines.energy) > PROBE / LONG and steady < PROBE_ENERGY * lines.energy.sum()


def _few_pitches(lines: Lines) -> bool:
    """Whether most of the energy lies at eight frequencies."""
    spectrum = lines.spectrum.copy()
    found = 0.0
    for _ in range(TONE_PITCHES):
        at = int(spectrum.argmax())
        near = spectrum[max(0, at - 3) : at + 4]
        found += float(near.sum())
        near[:] = 0
    return found > TONE_PITCH_ENERGY * float(lines.energy.sum())


def _is_tone(lines: Lines, frame_size: int) -> bool:
    strongest = np.lexsort((-lines.power, lines.frame))
    first = np.searchsorted(lines.frame, lines.frame)  # the lines are in order of frames
    top = np.zeros_like(lines.steady)
    top[strongest[np.arange(len(first)) - first < TONE_LINES]] = True
    few = lines.energy_of(top & lines.steady)
    tonal = few > TONE_ENERGY * lines.energy
    return bool(
        tonal.sum() > 1
        and tonal.mean() > TONE_FRAMES[frame_size]
        and few.sum() > TONE_IN_ALL[frame_size] * lines.energy.sum()
    )


def _is_music(lines: Lines) -> bool:
    lasting = lines.energy_of(lines.lasting) > 0.1 * lines.energy
    chords = np.bincount(lines.frame[lines.lasting], minlength=len(lines.energy)) > 1
    return bool(
        lines.filled > MUSIC_FILLS
        and lines.energy_of(lines.steady).sum() > MUSIC_ENERGY * lines.energy.sum()
        and lasting.mean() > MUSIC_FRAMES
        and chords.mean() > MUSIC_CHORDS
    )


def _lines(samples: Samples, frame_size: int) -> Lines:
    lowest, highest = (round(hz * frame_size / RATE_HZ) for hz in BAND_HZ)
    if len(samples) < frame_size:
        samples = np.pad(samples, (0, frame_size - len(samples)))
    frames = sliding_window_view(samples, frame_size)[:: frame_size // 2]
    spectra = np.fft.rfft(frames * WINDOWS[frame_size], axis=1)[:, : highest + 2]
    power = (spectra.real**2 + spectra.imag**2).astype(np.float32, copy=False)
    power[:, :lowest] = 0
    energy = power.sum(axis=1)
    active = _active(energy)
    power, energy = power[active], energy[active]
    left, here, right = power[:, :-2], power[:, 1:-1], power[:, 2:]
    around = _mean_around(power)[:, 1:-1]
    frame, bins = np.nonzero((here > left) & (here >= right) & (here > STANDS_OUT * around))
    before, at, after = left[frame, bins], here[frame, bins], right[frame, bins]
    # A parabola through the three logarithms gives the place between the bins.
    low, top, high = (np.log(one + 1e-20, dtype=np.float64) for one in (before, at, after))
    place = bins + 0.5 * (low - high) / np.minimum(low - 2 * top + high, -1e-6)
    following = _following(np.flatnonzero(active)[frame], place, power.shape[1])
    goes_on = following >= 0
    came = np.zeros_like(goes_on)
    came[following[goes_on]] = True
    middle = goes_on & came
    lasting = middle.copy()
    lasting[following[middle]] = True
    lasting[goes_on] |= middle[following[goes_on]]
    share = float(active.mean())
    total = power.sum(axis=0)
    return Lines(frame, before + at + after, goes_on | came, lasting, energy, total, share)


def _mean_around(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean over `AROUND` bins about each bin; beyond the edges there is nothing."""
    reach = AROUND // 2
    sums: npt.NDArray[np.float32] = np.cumsum(np.pad(power, ((0, 0), (reach + 1, reach))), axis=1)
    mean: npt.NDArray[np.float32] = (sums[:, AROUND:] - sums[:, :-AROUND]) * np.float32(1 / AROUND)
    return mean


def _following(
    frame: npt.NDArray[np.intp], place: npt.NDArray[np.float64], bins: int
) -> npt.NDArray[np.intp]:
    """The index of each line's continuation in the next frame; -1: it has none.

    Lines are in order of frames, then of places.
    """
    position = frame * (2 * bins) + place
    if not len(position):
        return np.zeros(0, np.intp)
    wanted = position + 2 * bins
    after = np.clip(np.searchsorted(position, wanted), 1, max(1, len(position) - 1))
    nearest = np.minimum(after, len(position) - 1)
    earlier = np.maximum(after - 1, 0)
    closer = abs(position[earlier] - wanted) < abs(position[nearest] - wanted)
    found = np.where(closer, earlier, nearest)
    return np.where(abs(position[found] - wanted) < STEADY_BINS, found, -1)


def _active(energy: npt.NDArray[np.float32]) -> BoolArray:
    """Frames with sound: above the pauses, and not far below the loudest frame."""
    loudest = float(energy.max(initial=0))
    tenth = len(energy) // 10
    pauses = 4 * float(np.partition(energy, tenth)[tenth])
    active: BoolArray = energy > max(SILENT, LOUD * loudest, min(pauses, LOUDER * loudest))
    return active
