"""Waves → words with times, probabilities and language, by Whisper (faster-whisper).

The words of given waves are always the same: no random sampling, one thread on a CPU, batches that
depend on the waves alone. Nothing of this asks a network.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from daf_core.arrays import RATE_HZ, Samples
from daf_core.asr.doubts import doubt
from daf_core.asr.models import WEIGHTS, locate
from daf_core.asr.windows import WINDOW_S, Window, shared_out, windows
from daf_core.errors import SettingsError
from daf_core.sources.transcripts.reading.words import Word
from daf_core.weights.precision import on_cpu
from daf_core.weights.specs import EncoderSpec

BEAM = 1  # five cost a third more time and gave no better words
STEP = RATE_HZ // 10  # windows are so many samples long, or a multiple
BATCH = 8  # windows at once, on a GPU; a CPU gains nothing by more than one
PASSED_OVER_S = 1.5  # without words at one end of a wave: it is heard again, alone
MOST_TOKENS = 220  # of a window: nobody says more in 30 s, and a loop ends here


class Recognized(NamedTuple):
    """What was recognized in a wave.

    words: with times in seconds from the start of the wave; empty where there are none, or where
    `doubt`, a flag of schemas.FLAGS, says why they are left out. language: BCP 47.
    """

    words: list[Word]
    language: str | None = None
    doubt: str | None = None

    @property
    def text(self) -> str:
        """The words as text; empty where there are none."""
        return text_of(self.words)

    @property
    def confidence(self) -> float | None:
        """Mean probability of the words, in [0, 1]; None where there are none."""
        found = [word.confidence for word in self.words if word.confidence is not None]
        return sum(found) / len(found) if found else None


def text_of(words: Sequence[Word]) -> str:
    """Words as Whisper writes them: blanks stand in front of words, where the language has any."""
    return " ".join("".join(word.text for word in words).split())


class _Heard(NamedTuple):
    """The words of a wave before they are judged, and the probability that it holds no speech."""

    words: list[Word]
    no_speech: float


class Recognizer:
    """A loaded recognizer. Calling it with waves gives what was recognized in each."""

    def __init__(
        self,
        spec: EncoderSpec,
        device: str = "cpu",
        compute_type: str = "int8",
        offline: bool = False,
        window_s: float = WINDOW_S,
    ) -> None:
        """Load weights.

        compute_type: of CTranslate2, such as int8, float32, float16; offline: the hub is not asked;
        window_s: the longest window that waves are laid into; 0 gives each a window of its own.

        Raises:
            SettingsError: the weights cannot be found, have another SHA-256, or do not run here.
        """
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        kind, _, index = device.partition(":")
        try:
            model = WhisperModel(
                **_place(locate(spec, offline)),
                device=kind,
                device_index=int(index or 0),
                compute_type=compute_type,
                cpu_threads=1,  # one process a core is faster, and gives the same words everywhere
            )
        except (RuntimeError, ValueError) as err:  # of CTranslate2
            raise SettingsError(
                f"recognizer {spec.name}: expected a model that runs on {device} in "
                f"{compute_type}, found: {' '.join(str(err).split())}"
            ) from err
        self._model, self._pipeline = model, BatchedInferencePipeline(model)
        self._batch = 1 if on_cpu(device) else BATCH
        self._window_s = window_s
        self.multilingual = bool(model.model.is_multilingual)

    def __call__(self, waves: Sequence[Samples], language: str | None = None) -> list[Recognized]:
        """What was recognized in each of `waves`, (samples,) float32 at 16 kHz in [-1, 1].

        Waves may share a window, so they should be of one speaker or recording, in order of time.
        language: of all waves; None: found in the first 30 s of them, English for models that know
        no other. A wave of any length may be given, and an empty one.
        """
        laid = windows(waves, self._window_s) if self._window_s else _apart(waves)
        if not laid:
            return [Recognized([]) for _ in waves]
        spoken = language or self.language_of(laid[0].samples)
        found = self._heard(waves, laid, spoken)
        shared = {
            piece.wave for window in laid if len(window.placed) > 1 for piece in window.placed
        }
        doubtful = [
            number for number in sorted(shared) if _is_passed_over(found[number], waves[number])
        ]
        alone = [waves[number] for number in doubtful]
        again = self._heard(alone, _apart(alone), spoken) if alone else []
        for number, heard in zip(doubtful, again, strict=True):
            found[number] = max(found[number], heard, key=lambda one: len(one.words))
        return [
            _judged(heard.words, len(wave) / RATE_HZ, heard.no_speech, spoken)
            for heard, wave in zip(found, waves, strict=True)
        ]

    def _heard(
        self, waves: Sequence[Samples], laid: Sequence[Window], language: str
    ) -> list[_Heard]:
        """What is heard in each of `waves`, which are `laid` into windows."""
        found = [_Heard([], 0.0) for _ in waves]
        for window, (words, no_speech) in zip(laid, self._recognize(laid, language), strict=True):
            theirs = shared_out(words, window)
            for number in {piece.wave for piece in window.placed}:
                before = found[number]
                found[number] = _Heard(
                    before.words + theirs.get(number, []), max(before.no_speech, no_speech)
                )
        return found

    def language_of(self, samples: Samples) -> str:
        """The language of (samples,) at 16 kHz, of which 30 s are heard: a BCP 47 tag."""
        if not self.multilingual:
            return "en"
        language, _, _ = self._model.detect_language(samples)
        return str(language)

    def _recognize(self, laid: Sequence[Window], language: str) -> list[tuple[list[Word], float]]:
        """Words of each window, with times from its start, and the probability of no speech."""
        padded = [np.pad(one.samples, (0, -len(one.samples) % STEP)) for one in laid]
        ends = np.cumsum([len(one) for one in padded])
        # Half a sample more: faster-whisper cuts seconds down to whole samples.
        clips = [
            {"start": (end - len(one) + 0.5) / RATE_HZ, "end": (end + 0.5) / RATE_HZ}
            for one, end in zip(padded, ends.tolist(), strict=True)
        ]
        # Numpy multiplies the features, and its sums depend on the number of its threads.
        with threadpool_limits(1, "blas"):
            return self._decoded(np.concatenate(padded), clips, ends, language)

    def _decoded(
        self,
        samples: Samples,
        clips: list[dict[str, float]],
        ends: npt.NDArray[np.int64],
        language: str,
    ) -> list[tuple[list[Word], float]]:
        segments, _ = self._pipeline.transcribe(
            samples,
            language=language,
            clip_timestamps=clips,
            batch_size=self._batch,
            beam_size=BEAM,
            temperature=0.0,
            max_new_tokens=MOST_TOKENS,
            word_timestamps=True,
            without_timestamps=True,
        )
        results: list[tuple[list[Word], float]] = [([], 0.0) for _ in clips]
        for segment in segments:
            # `seek` is the start of the window in hundredths, or one less.
            begin = segment.seek * (RATE_HZ // 100)
            number = int(np.searchsorted(ends, begin + RATE_HZ // 100, "right"))
            shift_s = segment.seek / 100
            words = [_word(one, shift_s) for one in segment.words or ()]
            results[number] = (results[number][0] + words, float(segment.no_speech_prob))
        return results


def _word(word: Any, shift_s: float) -> Word:
    start_s = max(0.0, float(word.start) - shift_s)
    return Word(
        text=str(word.word),
        start_s=start_s,
        end_s=max(start_s, float(word.end) - shift_s),
        confidence=min(max(float(word.probability), 0.0), 1.0),
    )


def _is_passed_over(heard: _Heard, wave: Samples) -> bool:
    """Whether a wave has no words, or none for long at one of its ends: in a shared window Whisper
    sometimes begins late or ends early, and passes over clear speech.
    """
    if not heard.words:
        return True
    late_s = heard.words[0].start_s or 0.0
    early_s = len(wave) / RATE_HZ - (heard.words[-1].end_s or 0.0)
    return max(late_s, early_s) > PASSED_OVER_S


def _judged(words: list[Word], seconds: float, no_speech: float, language: str) -> Recognized:
    why = doubt(words, seconds, no_speech)
    return Recognized([] if why else words, language if words and not why else None, why)


def _apart(waves: Sequence[Samples]) -> list[Window]:
    """A window of its own for each wave."""
    return [
        Window(one.samples, [piece._replace(wave=number) for piece in one.placed])
        for number, wave in enumerate(waves)
        for one in windows([wave])
    ]


def _place(files: Mapping[str, Sequence[Path]]) -> dict[str, Any]:
    """Arguments that tell WhisperModel where the files of a model are: a folder, or in memory."""
    folders = {piece.parent for pieces in files.values() for piece in pieces}
    name = str(files[WEIGHTS][0].parent)
    if len(folders) == 1 and files[WEIGHTS][0].name == WEIGHTS:
        return {"model_size_or_path": name}
    joined = {
        file: b"".join(piece.read_bytes() for piece in pieces) for file, pieces in files.items()
    }
    return {"model_size_or_path": name, "files": joined}
