"""Copies of training rows under damage: words that are misheard, voices over bad lines.

Heads are trained on such copies so that they know how much a transcript of speech recognition or
a telephone line is worth.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks.corpora import Row
from daf_core.arrays import RATE_HZ
from daf_core.damage.conditions import VARIATIONS, Samples
from daf_core.damage.rows import drawn
from daf_core.damage.words import Words

SEED = 0
TEXTS_OF, VOICES_OF = 3, 2  # one row of so many is copied
OF_VOICES = [one for one in VARIATIONS if one.modality == "audio"]
OF_WORDS = [one for one in VARIATIONS if one.modality == "text"]
TELEPHONE = next(one for one in OF_VOICES if one.kind == "telephone")


def misheard_rows(rows: list[Row]) -> Iterator[Row]:
    """Copies of a third of the rows of text, with errors of speech recognition."""
    words = Words.from_texts(row["text"] for row in rows)
    for row in rows[::TEXTS_OF]:
        condition = drawn(OF_WORDS, SEED, row["utterance_id"])
        text = condition.apply_to_text(row["text"], words, SEED, row["utterance_id"])
        yield _copy(row, "misheard") | {"text": text}


def damaged_rows(rows: list[Row], out: Path) -> Iterator[Row]:
    """Copies of half of the rows of voices: over a telephone and, as many, with other damage.

    Copies are written to the folder `out`. Their speaker is left out, as that of cuts: so a head
    learns voices whose speaker's mean is not known.
    """
    out.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows[::VOICES_OF]):
        name = row["utterance_id"]
        condition = TELEPHONE if number % 2 else drawn(OF_VOICES, SEED, name)
        damaged = condition.apply_to_samples(_samples(row), SEED, name)
        what = "telephone" if number % 2 else "damaged"
        copy = _copy(row, what)
        path = out / f"{copy['utterance_id']}.flac"
        soundfile.write(path, damaged, RATE_HZ, subtype="PCM_16")
        own = {"recording_id": copy["utterance_id"], "speaker": ""}
        yield copy | own | {"audio_path": str(path), "start_s": "", "end_s": ""}


def _copy(row: Row, what: str) -> Row:
    names = {name: f"{row[name]}-{what}" for name in ("utterance_id", "corpus")}
    return {**row, **names}


def _samples(row: Row) -> Samples:
    """The samples of a row at 16 kHz: its whole file, or the span that it has."""
    samples, rate_hz = soundfile.read(row["audio_path"], dtype="float32")
    if row.get("start_s"):
        start, end = (round(float(row[name]) * rate_hz) for name in ("start_s", "end_s"))
        samples = samples[start:end]
    wave = soxr.resample(samples, rate_hz, RATE_HZ)
    whole: Samples = np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")
    return whole
