"""Damage one utterance's samples or text, as a condition says."""

import numpy as np

from daf_core.arrays import PcmSamples
from daf_core.damage import voice
from daf_core.damage.conditions import Condition
from daf_core.damage.draws import draws
from daf_core.damage.telephone import telephone
from daf_core.damage.words import Words, mishear


def damaged_samples(
    samples: PcmSamples, how: Condition, seed: int, utterance_id: str
) -> PcmSamples:
    """16-bit samples (samples,) at 16 kHz under a condition of the audio, as many.

    What would be louder than full scale is made quieter as a whole.
    """
    wave = _damaged_wave(samples / 32768, how, draws(seed, utterance_id, how.kind))
    wave /= max(1.0, float(np.abs(wave).max()))
    return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")


def _damaged_wave(wave: voice.Wave, how: Condition, draw: np.random.Generator) -> voice.Wave:
    match how.kind, how.level:
        case "white noise", float(snr_db):
            return voice.add_noise(wave, voice.white_noise(len(wave), draw), snr_db)
        case "speech-shaped noise", float(snr_db):
            return voice.add_noise(wave, voice.speech_shaped_noise(len(wave), draw), snr_db)
        case "reverberation", float(rt60_s):
            return voice.reverberate(wave, rt60_s, draw)
        case "packet loss", float(percent):
            return voice.lose_packets(wave, percent / 100, draw)
        case "telephone", None:
            return telephone(wave)
        case "spectrogram masks", None:
            return voice.mask_spectrogram(wave, draw)
    raise ValueError(f"{how}: expected a condition of the voice")


def damaged_text(text: str, how: Condition, words: Words, seed: int, utterance_id: str) -> str:
    """A text under "word error": substitutes and insertions are from `words`."""
    if how.kind != "word error" or how.level is None:
        raise ValueError(f"{how}: expected a condition of the words")
    return mishear(text, how.level / 100, words, draws(seed, utterance_id, how.kind))
