"""The conditions of a robustness grid and of damaged training rows: kind, severity, function.

Importing this module loads SciPy, which takes a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from daf_core.damage import voice
from daf_core.damage.draws import draws
from daf_core.damage.telephone import telephone
from daf_core.damage.words import Words, mishear

Samples: TypeAlias = npt.NDArray[np.int16]
# Samples (samples,) in [-1, 1] at 16 kHz and random numbers → as many samples, may exceed [-1, 1].
DamageWave: TypeAlias = Callable[[voice.Wave, np.random.Generator], voice.Wave]
DamageText: TypeAlias = Callable[[str, Words, np.random.Generator], str]


@dataclass(frozen=True)
class Condition:
    """A kind of damage to one modality, and its severity.

    modality: None for clean rows; level, unit: severity, if it is graded; damage_wave, damage_text:
    the function, for audio or text. A condition without a function is clean, or removes the whole
    modality.
    """

    kind: str
    modality: str | None = None
    level: float | None = None
    unit: str = ""
    damage_wave: DamageWave | None = field(default=None, repr=False, compare=False)
    damage_text: DamageText | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """For tables, such as "white noise -5 dB"."""
        return self.kind if self.level is None else f"{self.kind} {self.level:g} {self.unit}"

    @property
    def removes_modality(self) -> bool:
        """Whether nothing is left of the modality."""
        return self.modality is not None and self.kind == f"no {self.modality}"

    def apply_to_samples(self, samples: Samples, seed: int, utterance_id: str) -> Samples:
        """Damage 16-bit samples (samples,) at 16 kHz; returns as many.

        A result louder than full scale is scaled down as a whole. The same seed, utterance and kind
        give the same damage.

        Raises:
            ValueError: this is no condition that damages audio.
        """
        if self.damage_wave is None:
            raise ValueError(f"{self.name}: expected a condition that damages audio")
        wave = self.damage_wave(samples / 32768, draws(seed, utterance_id, self.kind))
        wave /= max(1.0, float(np.abs(wave).max()))
        return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")

    def apply_to_text(self, text: str, words: Words, seed: int, utterance_id: str) -> str:
        """Damage a text; `words` are those that replace or join its own.

        Raises:
            ValueError: this is no condition that damages text.
        """
        if self.damage_text is None:
            raise ValueError(f"{self.name}: expected a condition that damages text")
        return self.damage_text(text, words, draws(seed, utterance_id, self.kind))


def _white_noise(snr_db: float) -> Condition:
    def damage(wave: voice.Wave, draw: np.random.Generator) -> voice.Wave:
        return voice.add_noise(wave, voice.white_noise(len(wave), draw), snr_db)

    return Condition("white noise", "audio", snr_db, "dB", damage)


def _speech_shaped_noise(snr_db: float) -> Condition:
    def damage(wave: voice.Wave, draw: np.random.Generator) -> voice.Wave:
        return voice.add_noise(wave, voice.speech_shaped_noise(len(wave), draw), snr_db)

    return Condition("speech-shaped noise", "audio", snr_db, "dB", damage)


def _reverberation(rt60_s: float) -> Condition:
    def damage(wave: voice.Wave, draw: np.random.Generator) -> voice.Wave:
        return voice.reverberate(wave, rt60_s, draw)

    return Condition("reverberation", "audio", rt60_s, "s", damage)


def _packet_loss(percent: float) -> Condition:
    def damage(wave: voice.Wave, draw: np.random.Generator) -> voice.Wave:
        return voice.lose_packets(wave, percent / 100, draw)

    return Condition("packet loss", "audio", percent, "%", damage)


def _word_errors(percent: float) -> Condition:
    def damage(text: str, words: Words, draw: np.random.Generator) -> str:
        return mishear(text, percent / 100, words, draw)

    return Condition(WORD_ERROR, "text", percent, "%", damage_text=damage)


WORD_ERROR = "word error"
CLEAN = Condition("clean")
CONDITIONS = (  # of a robustness grid, each kind from harmless to severe
    CLEAN,
    Condition("no text", "text"),
    Condition("no audio", "audio"),
    *map(_white_noise, (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)),
    *map(_speech_shaped_noise, (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)),
    *map(_reverberation, (0.3, 0.6, 1.0)),
    Condition("telephone", "audio", damage_wave=lambda wave, draw: telephone(wave)),
    *map(_packet_loss, (5.0, 10.0, 20.0, 40.0)),
    *map(_word_errors, (10.0, 20.0, 40.0, 60.0, 80.0)),
)

# Conditions for training rows, which leave something to learn from. Masks are not in the grid, as
# they do not occur outside of training.
VARIATIONS = (
    *(one for one in CONDITIONS if one.modality is not None and not one.removes_modality),
    Condition("spectrogram masks", "audio", damage_wave=voice.mask_spectrogram),
)
