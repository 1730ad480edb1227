"""Small labelled corpora to damage, in every form that `daf ingest` and `daf embed` read."""

import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.reliability.fuzzing.bytes_damage import Damage
from benchmarks.reliability.fuzzing.corpus_damage import FOLDS, TURNS
from benchmarks.reliability.fuzzing.hdf5_damage import CSD
from benchmarks.reliability.fuzzing.originals import SECRET
from benchmarks.reliability.fuzzing.pickle_damage import PICKLE
from benchmarks.reliability.fuzzing.text_damage import CSV
from tests.core.sources import corpus_forms

_WORDS = ("so it is", "no, never", "well", "What?", "Excuse me.", "Do you have your forms?")


class Corpus(NamedTuple):
    """An undamaged corpus: a file or a folder.

    files: glob → damages for the files that match; of_features: the files are given to `daf embed`
    as features, and the corpus itself is ingested undamaged.
    """

    kind: str
    source: Path
    files: dict[str, list[Damage]]
    of_features: bool = False


def corpora(folder: Path) -> list[Corpus]:
    """Write one corpus of every form into `folder`; forms with features come as both."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pickles = _pickles(folder)
    csd = _csd(folder / "csd")
    labels = {"*Labels.csd": CSD, "*TimestampedWords.csd": CSD, "*_std_folds.py": FOLDS}
    features = {"*Labels.csd": CSD, "*WordVectors.csd": CSD, "*COVAREP.csd": CSD}
    fet = _with_secret(corpus_forms.write_mmsa_fet(folder / "mmsa-fet"))
    return [
        *(Corpus("corpus mmsa", path, {"": PICKLE}) for path in pickles),
        *(Corpus("features mmsa", path, {"": PICKLE}, of_features=True) for path in pickles),
        *2 * [Corpus("corpus csd", csd, labels)],
        *2 * [Corpus("features csd", csd, features, of_features=True)],
        Corpus("corpus mmsa-fet", fet, {"label.csv": CSV}),
        Corpus(
            "corpus meld", _with_secret(corpus_forms.write_meld(folder / "meld")), {"**/*.csv": CSV}
        ),
        Corpus(
            "corpus iemocap",
            _with_secret(corpus_forms.write_iemocap(folder / "iemocap")),
            {"*/dialog/*/*.txt": TURNS},
        ),
    ]


def _pickles(folder: Path) -> list[Path]:
    """MMSA's pickles, aligned and not, in its own pickle protocols and the first and the last."""
    written = []
    for protocol in (0, 2, 4, 5):
        data = corpus_forms.mmsa(aligned=protocol in (2, 5), videos=2)
        for held in data.values():
            held["raw_text"] = np.array([f"{SECRET} of {name}" for name in held["id"]], object)
        path = folder / f"protocol-{protocol}.pkl"
        written.append(corpus_forms.write_mmsa(path, data, protocol, numpy_1=protocol == 2))
    return written


def _csd(folder: Path) -> Path:
    """A folder of .csd files with the recording of one video; one of its words is the secret."""
    corpus_forms.write_csd_folder(folder)
    corpus_forms.write_wav(folder / "Raw/v2.wav", seconds=4.0)
    said = np.array([[b"sp"], [b"one"], [SECRET.encode()], [b"sp"], [b"lost"], [b"a"], [b"b"]])
    starts = np.arange(0, 3.5, 0.5)
    times = np.stack([starts, starts + 0.5], axis=1)
    videos = ("-v1_x", "v2", "v3", "v4")
    words = folder / "CMU_MOSEI_TimestampedWords.csd"
    corpus_forms.write_sequence(words, dict.fromkeys(videos, (said, times)))
    folds = folder / "cmu_mosei_std_folds.py"
    folds.write_text(folds.read_text().replace(f"{folder}/ran", "ran"))
    return folder


def _with_secret(folder: Path) -> Path:
    """Put the secret among the words of every text; returns the folder."""
    for path in [*folder.rglob("*.csv"), *folder.rglob("*.txt")]:
        text = path.read_text()
        for words in _WORDS:
            text = text.replace(words, f"{words} {SECRET} then")
        path.write_text(text)
    return folder
