"""Make the degraded pairs: real sentences on real voices, with known damage to one of the two.

    python -m benchmarks.science.make_pairs --data DIR --out PAIRS [--seed 7] [--voices ravdess]
                                            [--train 4500] [--valid 600] [--test 1200]

An utterance is a sentence of CMU-MOSEI on a recording of RAVDESS, whose acted valence has the sign
of the sentence's label. Sentence and recording are of the same split, so that no video and no
speaker is in two splits. One in three utterances stays whole. In one in three the words are
damaged: four of five are exchanged for random words, as in a failed transcription. In one in three
the voice is damaged: noise louder than the voice, and 30 % of all 100 ms packets lost.

The label is that of the sentence. Pairing and damage are synthetic, words and voices are not. The
column `degraded` (none, text, audio) is the truth for modality weights; no head may read it.

Writes PAIRS/manifest.csv and PAIRS/audio/ (16 kHz mono FLAC). One seed always gives the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.command_line import parser_for
from benchmarks.corpora import Row, corpus_table, read_rows, write_rows

Wave: TypeAlias = npt.NDArray[np.float64]  # (samples,) at RATE_HZ
T = TypeVar("T")

RATE_HZ = 16_000
ROWS = {"train": 4500, "valid": 600, "test": 1200}
SIGNS = (-1, 0, 1)  # in turn, so that all are as frequent

WORDS_LEAST, WORDS_MOST = 4, 40  # of a sentence
CLEAR, NEUTRAL = 0.6, 0.4  # labels from ±CLEAR on have a sign, labels under NEUTRAL have none
LEVEL = 0.05  # RMS of every voice before damage
PEAK = 0.99

DAMAGES = ("none", "text", "audio")
WORDS_EXCHANGED = 0.8  # share of the words, where words are damaged
NOISES = ("white", "pink", "babble")
SNR_DB = (-10, -2)
BABBLE_VOICES, BABBLE_CLIPS = 6, 40  # at once; of the split's first recordings
PACKET_SAMPLES, PACKETS_LOST = RATE_HZ // 10, 0.3


def main() -> None:
    parser = parser_for(__doc__, data=True)
    parser.add_argument("--out", type=Path, required=True, metavar="PAIRS")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--voices", default="ravdess", help="corpus of the voices, under --data")
    for split, count in ROWS.items():
        parser.add_argument(f"--{split}", type=int, default=count, metavar="ROWS")
    asked = parser.parse_args()
    counts = {split: getattr(asked, split) for split in ROWS}
    print(make_pairs(asked.data, asked.out, asked.seed, counts, asked.voices))


def degraded_pairs(data: Path, work: Path, seed: int, test_rows: int | None = None) -> Path:
    """The manifest.csv of the pairs with this seed, which are made under `work` the first time."""
    counts = ROWS if test_rows is None else {**ROWS, "test": test_rows}
    folder = work / "-".join(map(str, ["pairs", seed, *([] if test_rows is None else [test_rows])]))
    if not (folder / "complete").exists():
        make_pairs(data, folder, seed, counts)
        (folder / "complete").touch()
    return folder / "manifest.csv"


def make_pairs(
    data: Path, out: Path, seed: int, counts: Mapping[str, int], voices: str = "ravdess"
) -> Path:
    """Write the pairs of these splits (`counts`: split → rows) to `out`; returns the table."""
    corpora = Corpora(
        read_rows(corpus_table(data, "mosei")),
        read_rows(corpus_table(data, voices)),
        data / voices,
    )
    (out / "audio").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for split, count in counts.items():
        for row, wave in pairs_of_split(corpora, split, count, rng):
            soundfile.write(out / row["audio_path"], wave, RATE_HZ, subtype="PCM_16")
            rows.append(row)
    return write_rows(out / "manifest.csv", rows)


@dataclass(frozen=True)
class Corpora:
    """Rows of CMU-MOSEI and of the corpus of voices, whose recordings lie in `folder`."""

    sentences: list[Row]
    voices: list[Row]
    folder: Path

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every word of the training sentences once, sorted."""
        train = (row for row in self.sentences if row["split"] == "train")
        return sorted({word for row in train for word in row["text"].split()})

    def wave(self, voice: Row) -> Wave:
        """A recording, brought to the level LEVEL.

        Raises:
            ValueError: it has another sample rate than RATE_HZ.
        """
        path = self.folder / voice["audio_path"]
        samples, rate_hz = soundfile.read(path, dtype="float64")
        if rate_hz != RATE_HZ:
            raise ValueError(f"{path}: expected {RATE_HZ} Hz, found {rate_hz} Hz; resample it")
        found: Wave = samples * (LEVEL / (np.sqrt(np.mean(samples**2)) + 1e-9))
        return found


def pairs_of_split(
    corpora: Corpora, split: str, count: int, rng: np.random.Generator
) -> Iterator[tuple[Row, Wave]]:
    """So many rows of the table with their audio. The order of the draws decides the bytes."""
    sentences = [row for row in corpora.sentences if row["split"] == split and _is_usable(row)]
    voices = [row for row in corpora.voices if row["split"] == split and row["label"] != ""]
    babble = [corpora.wave(voice) for voice in voices[:BABBLE_CLIPS]]
    sentences_of = {sign: [row for row in sentences if _sign(row) == sign] for sign in SIGNS}
    voices_of = {sign: [row for row in voices if float(row["label"]) == sign] for sign in SIGNS}
    for number in range(count):
        sign = SIGNS[number % len(SIGNS)]
        sentence, voice = pick(rng, sentences_of[sign]), pick(rng, voices_of[sign])
        damage = pick(rng, DAMAGES)
        wave, text = corpora.wave(voice), sentence["text"]
        if damage == "audio":
            wave = damaged_voice(wave, babble, rng)
        elif damage == "text":
            text = damaged_words(text, corpora.vocabulary, rng)
        name = f"{split}-{number:05d}"
        row = {
            "utterance_id": name,
            "audio_path": f"audio/{name}.flac",
            "text": text,
            "label": sentence["label"],
            "split": split,
            "degraded": damage,
            "speaker": voice["speaker"],
            "recording_id": sentence["video_id"],
        }
        yield row, wave / max(1.0, np.abs(wave).max() / PEAK)


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """One of the items, all with the same probability."""
    return items[int(rng.integers(len(items)))]


def damaged_words(text: str, vocabulary: Sequence[str], rng: np.random.Generator) -> str:
    """The text with about 80 % of its words exchanged for words of the vocabulary."""
    words = [
        pick(rng, vocabulary) if rng.random() <= WORDS_EXCHANGED else word for word in text.split()
    ]
    return " ".join(words)


def damaged_voice(wave: Wave, babble: Sequence[Wave], rng: np.random.Generator) -> Wave:
    """The wave under noise at a random level, with lost packets: stretches of silence."""
    noise = noise_of(pick(rng, NOISES), len(wave), babble, rng)
    wanted = 10 ** (rng.uniform(*SNR_DB) / 10)  # power of the voice ÷ power of the noise
    power = np.mean(wave**2) / (np.mean(noise**2) + 1e-12)
    noisy: Wave = wave + np.sqrt(power / wanted) * noise
    starts = np.arange(0, len(wave), PACKET_SAMPLES)
    for start in starts[rng.random(len(starts)) < PACKETS_LOST]:
        noisy[start : start + PACKET_SAMPLES] = 0.0
    return noisy


def noise_of(kind: str, samples: int, babble: Sequence[Wave], rng: np.random.Generator) -> Wave:
    """Noise of one of NOISES; babble is several recordings at once, each from a random place on."""
    if kind == "babble":
        total = np.zeros(samples)
        for _ in range(BABBLE_VOICES):
            voice = pick(rng, babble)
            total += np.resize(np.roll(voice, rng.integers(len(voice))), samples)
        return total
    white: Wave = rng.standard_normal(samples)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)  # pink: power falls with frequency
    pink: Wave = np.fft.irfft(spectrum / np.sqrt(np.arange(1.0, len(spectrum) + 1)), samples)
    return pink


def _is_usable(sentence: Row) -> bool:
    words, label = len(sentence["text"].split()), abs(float(sentence["label"]))
    return WORDS_LEAST <= words <= WORDS_MOST and (label >= CLEAR or label < NEUTRAL)


def _sign(sentence: Row) -> int:
    label = float(sentence["label"])
    return int(label >= CLEAR) - int(label <= -CLEAR)


if __name__ == "__main__":
    main()
