"""Sounds that are no speech, synthesized: music, noise, clicks, tones. Heads should flag them.

Each is drawn at random with a fixed seed. Real music and noise stay for tests.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.corpora import Row
from daf_core.schemas import STRANGE

SOUNDS = 700
RATE_HZ = 16_000
DURATIONS_S = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
PEAKS = (0.02, 0.1, 0.3, 0.7)
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # major, minor: semitones
Wave = npt.NDArray[np.float64]
Draw = np.random.Generator


def strange_rows(folder: Path) -> list[Row]:
    """Rows of SOUNDS recordings, written to `folder`; their split is `strange`."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(7)
    rows = []
    for number in range(SOUNDS):
        kind = str(draw.choice(["music", "music", "music", "noise", "clicks", "tones"]))
        samples = int(draw.choice(DURATIONS_S) * RATE_HZ)
        wave = KINDS[kind](draw, samples)
        wave *= draw.choice(PEAKS) / np.abs(wave).max()
        name = f"strange-{number:03}-{kind}"
        path = folder / f"{name}.wav"
        soundfile.write(path, wave, RATE_HZ, subtype="PCM_16")
        rows.append(
            {
                "utterance_id": name,
                "recording_id": name,
                "audio_path": str(path.resolve()),
                "split": STRANGE,
                "corpus": STRANGE,
            }
        )
    return rows


def music(draw: Draw, samples: int) -> Wave:
    """Chords, a melody, a bass and drums, or some of these, and noise over a third of them."""
    wave = np.zeros(samples)
    beat = int(RATE_HZ * 60 / draw.uniform(70, 170))
    scale, root = SCALES[draw.integers(2)], int(draw.integers(36, 60))
    chord_timbre, melody_timbre = draw.random(draw.integers(1, 12)) ** 2, draw.random(6) ** 2
    has = draw.random(4) < (0.7, 0.8, 0.5, 0.5)  # chords, melody, bass, drums
    has[0] |= not has[[0, 1, 3]].any()
    for number, start in enumerate(range(0, samples, beat)):
        if has[0] and number % 2 == 0:
            degree = int(draw.integers(7))
            for step in (degree, degree + 2, degree + 4):
                note = root + 12 + scale[step % 7] + 12 * (step // 7)
                _add(wave, 0.5 * _note(draw, note, 2 * beat, chord_timbre), start)
        for half in range(draw.integers(1, 4) if has[1] else 0):
            note, length = root + 24 + scale[draw.integers(7)], int(beat * draw.uniform(0.3, 1))
            _add(wave, _note(draw, note, length, melody_timbre), start + half * beat // 2)
        if has[2]:
            _add(wave, _note(draw, root, beat, (1.0, 0.5, 0.2)), start)
        if has[3]:
            _add(wave, _beat(draw, draw.choice([0.02, 0.1])), start)
            _add(wave, _beat(draw, 0.03), start + beat // 2)
    if draw.random() < 0.3:
        wave += noise(draw, samples) * np.abs(wave).max() * draw.uniform(0, 0.1)
    return wave


def noise(draw: Draw, samples: int) -> Wave:
    """Noise of a random colour, or of a band, steady or swelling; its deviation is near 1."""
    spectrum = np.fft.rfft(draw.normal(size=samples))
    frequency = np.maximum(np.fft.rfftfreq(samples), 1 / samples)
    spectrum *= frequency ** -draw.uniform(-0.5, 1.2)
    if draw.random() < 0.5:
        centre, width = draw.uniform(0.01, 0.4), draw.uniform(0.02, 0.3)
        spectrum *= np.exp(-(((frequency - centre) / width) ** 2))
    wave = np.fft.irfft(spectrum, samples)
    if draw.random() < 0.4:
        time_s = np.arange(samples) / RATE_HZ
        wave *= 1 + draw.uniform(0, 1) * np.sin(2 * np.pi * draw.uniform(0.2, 30) * time_s)
    return np.asarray(wave / wave.std())


def clicks(draw: Draw, samples: int) -> Wave:
    """Two to fourteen short bursts of noise a second: keys, steps, a line that crackles."""
    wave = np.zeros(samples)
    count = int(draw.uniform(2, 14) * samples / RATE_HZ)
    for start in draw.integers(0, samples - 800, count):
        length = int(draw.integers(80, 800))
        burst = draw.normal(size=length)
        burst *= np.exp(-np.arange(length) / length * draw.uniform(2, 8))
        _add(wave, draw.uniform(0.2, 1) * burst, int(start))
    return wave


def tones(draw: Draw, samples: int) -> Wave:
    """One to three tones that rise or fall, steady or in beeps."""
    time_s = np.arange(samples) / RATE_HZ
    wave = np.zeros(samples)
    for frequency in draw.uniform(100, 3000, draw.integers(1, 4)):
        glide = draw.uniform(-200, 200)
        wave += np.sin(2 * np.pi * (frequency * time_s + glide * time_s**2 / 2))
    if draw.random() < 0.5:
        wave *= np.sin(2 * np.pi * draw.uniform(0.5, 10) * time_s) > 0
    return wave


KINDS: dict[str, Callable[[Draw, int], Wave]] = {
    "music": music,
    "noise": noise,
    "clicks": clicks,
    "tones": tones,
}


def _note(
    draw: Draw, note: int, samples: int, timbre: Sequence[float] | npt.NDArray[np.float64]
) -> Wave:
    """A MIDI note with overtones of these amplitudes, struck or held."""
    time_s = np.arange(samples) / RATE_HZ
    pitch_hz, wave = 440 * 2 ** ((note - 69) / 12), np.zeros(samples)
    for overtone, amplitude in enumerate(timbre, start=1):
        phase = draw.uniform(0, 2 * np.pi)
        if pitch_hz * overtone < RATE_HZ / 2 - 200:
            wave += amplitude * np.sin(2 * np.pi * pitch_hz * overtone * time_s + phase)
    attack_s, decay = draw.choice([0.002, 0.01, 0.05]), draw.choice([0, 1, 3, 8])
    return np.asarray(wave * np.minimum(1, time_s / attack_s) * np.exp(-time_s * decay))


def _beat(draw: Draw, decay_s: float) -> Wave:
    samples = int(0.15 * RATE_HZ)
    burst = draw.normal(size=samples) * np.exp(-np.arange(samples) / (decay_s * RATE_HZ))
    return np.asarray(draw.uniform(0.3, 1.5) * burst)


def _add(wave: Wave, sound: Wave, start: int) -> None:
    """Add a sound from sample `start` on, as far as the wave goes."""
    end = min(len(wave), start + len(sound))
    if end > start:
        wave[start:end] += sound[: end - start]
