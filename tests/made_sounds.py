"""Sounds of telephones and hold music, computed: tones of several countries, and simple tunes."""

from collections.abc import Callable, Iterator

import numpy as np

from daf_core.arrays import RATE_HZ, Samples

# name: frequencies in Hz, (seconds on, seconds off, …)
CADENCES = {
    "ring, Europe": ((425,), (1.0, 4.0)),
    "ring, US": ((440, 480), (2.0, 4.0)),
    "ring, UK": ((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "ring, Japan": ((384, 400, 416), (1.0, 2.0)),
    "busy, Europe": ((425,), (0.48, 0.48)),
    "busy, US": ((480, 620), (0.5, 0.5)),
    "busy, UK": ((400,), (0.375, 0.375)),
    "dial, US": ((350, 440), (9.0, 0.0)),
    "dial, France": ((440,), (9.0, 0.0)),
    "congestion": ((425,), (0.2, 0.2)),
    "fax calling": ((1100,), (0.5, 3.0)),
    "fax answer": ((2100,), (3.3, 0.2)),
    "beep": ((1000,), (0.4, 5.0)),
    "answering machine": ((1400,), (0.15, 9.0)),
}
DTMF = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
SPECIAL = ((950,), (1400,), (1800,))  # "the number is not in service"


def cadence(name: str, seconds: float = 5.0) -> Samples:
    """(samples,) of one of CADENCES."""
    pitches, pattern = CADENCES[name]
    parts: list[Samples] = []
    while sum(map(len, parts)) < seconds * RATE_HZ:
        for on_s, off_s in zip(pattern[::2], pattern[1::2], strict=True):
            parts += [chord(pitches, on_s), np.zeros(round(off_s * RATE_HZ), np.float32)]
    return np.concatenate(parts)[: round(seconds * RATE_HZ)]


def dialled(draw: np.random.Generator, digits: int = 8, on_s: float = 0.1) -> Samples:
    """(samples,) of a number in DTMF."""
    parts = []
    for _ in range(digits):
        pair = [float(draw.choice(group)) for group in DTMF]
        parts += [chord(pair, on_s), np.zeros(round(on_s * RATE_HZ), np.float32)]
    return np.concatenate(parts)


def special_information() -> Samples:
    """(samples,) of the three rising tones, twice."""
    parts = [chord(pitches, 0.33) for pitches in SPECIAL]
    pause = np.zeros(RATE_HZ, np.float32)
    return np.concatenate([*parts, pause, *parts, pause])


def chord(pitches: tuple[float, ...] | list[float], seconds: float) -> Samples:
    """(samples,): pure tones at once, peak 0.5."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tones = [np.sin(2 * np.pi * pitch * time_s) for pitch in pitches]
    mean: Samples = (0.5 * np.mean(tones, axis=0)).astype(np.float32)
    return mean


# name: strength of each harmonic, attack in s, decay per s
TIMBRES: dict[str, tuple[list[float], float, float]] = {
    "organ": ([1, 0.5, 0.4, 0.2, 0.2, 0.1], 0.02, 0.1),
    "piano": ([1, 0.6, 0.35, 0.25, 0.1, 0.08, 0.05], 0.005, 2.5),
    "strings": ([1, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1], 0.08, 0.3),
    "bells": ([1, 0, 0.6, 0, 0, 0.4], 0.002, 2.0),
    "flute": ([1, 0.25, 0.05], 0.05, 0.2),
}
PROGRESSION = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # I vi IV V, in semitones


def note(pitch_hz: float, seconds: float, timbre: str) -> Samples:
    """(samples,) of one note."""
    strengths, attack_s, decay = TIMBRES[timbre]
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(
        strength * np.sin(2 * np.pi * pitch_hz * number * time_s)
        for number, strength in enumerate(strengths, start=1)
        if pitch_hz * number < RATE_HZ / 2
    )
    release = np.clip((seconds - time_s) / 0.03, 0, 1)
    envelope = np.clip(time_s / attack_s, 0, 1) * np.exp(-decay * time_s) * release
    return (wave * envelope).astype(np.float32)


def tune(draw: np.random.Generator, timbre: str, style: str, seconds: float = 8.0) -> Samples:
    """(samples,) of hold music: "chords", "arpeggio" or "melody" over held chords; peak 0.5."""
    beat_s = float(draw.uniform(0.3, 0.6))
    key_hz = float(draw.uniform(130, 260))
    music = np.zeros(round((seconds + 8 * beat_s) * RATE_HZ), np.float32)

    def play(semitones: float, at_s: float, length_s: float, strength: float) -> None:
        sound = strength * note(key_hz * 2 ** (semitones / 12), length_s, timbre)
        first = round(at_s * RATE_HZ)
        music[first : first + len(sound)] += sound[: len(music) - first]

    for bar in range(int(seconds / (4 * beat_s)) + 1):
        steps = PROGRESSION[bar % 4]
        at_s = 4 * bar * beat_s
        if style != "arpeggio":
            for step in steps:
                play(step, at_s, 4 * beat_s, 0.5)
        for beat in range(4):
            if style == "arpeggio":
                play(steps[beat % 3], at_s + beat * beat_s, 2 * beat_s, 1.0)
            elif style == "melody":
                play(12 + float(draw.choice(steps)), at_s + beat * beat_s, beat_s, 0.8)
    even: Samples = 0.5 * music[: round(seconds * RATE_HZ)] / np.abs(music).max()
    return even


def drums(draw: np.random.Generator, seconds: float = 8.0) -> Samples:
    """(samples,) of a beat: a low thump and a hiss by turns."""
    time_s = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    thump = np.sin(2 * np.pi * 60 * time_s) * np.exp(-18 * time_s)
    hiss = draw.normal(0, 0.4, len(time_s)) * np.exp(-30 * time_s)
    beats = [thump if beat % 2 == 0 else hiss for beat in range(int(seconds / 0.25) + 1)]
    return (0.3 * np.concatenate(beats))[: round(seconds * RATE_HZ)].astype(np.float32)


def tones(draw: np.random.Generator) -> Iterator[tuple[str, Samples]]:
    """Every kind of telephone tone, with its name."""
    for name in CADENCES:
        yield name, cadence(name)
    for on_s in (0.07, 0.1, 0.2):
        yield f"DTMF {on_s} s", dialled(draw, on_s=on_s)
    yield "special information", special_information()


def music(draw: np.random.Generator) -> Iterator[tuple[str, Samples]]:
    """Tunes of every timbre and style, with and without drums, with their names."""
    for timbre in TIMBRES:
        for style in ("chords", "arpeggio", "melody"):
            sound = tune(draw, timbre, style)
            yield f"{timbre}, {style}", sound
            yield f"{timbre}, {style}, drums", 0.7 * sound + 0.5 * drums(draw)


def lines(draw: np.random.Generator) -> dict[str, Callable[[Samples], Samples]]:
    """Ways that a sound comes to us: as it is, over a telephone, with noise 20 dB below."""
    from daf_core.damage.telephone import telephone

    def noisy(sound: Samples) -> Samples:
        level = np.sqrt(np.mean(sound**2)) / 10
        return (sound + draw.normal(0, level, len(sound))).astype(np.float32)

    return {
        "plain": lambda sound: sound,
        "telephone": lambda sound: telephone(sound.astype(np.float64)).astype(np.float32),
        "noise": noisy,
    }
