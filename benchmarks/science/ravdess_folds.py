"""Acted valence from the voice alone: RAVDESS, with every actor unseen in training once.

    python -m benchmarks.science.ravdess_folds --data DIR --work DIR [--seeds 5]
                                               [--ways alone speaker_normalise …]

The corpus's own split tests on 208 utterances of four actors, too few to see a difference of .02 in
UAR. Six folds turn that split through all 24 actors: each fold tests on four actors, validates on
the two actors before them and trains on the other 18. Metrics are over the 1,248 test rows of all
folds, deviations over seeds. Frozen whisper-tiny.en, layers mixed.

A way is one or several options of `daf train`, joined by +: balance, speaker_normalise, all_layers.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table
from benchmarks.science.embedded import embed_table
from benchmarks.science.folds import split_anew, trials_on
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import Trial, TrialResult
from daf_core.measures.metrics import class_metrics, regression_metrics
from daf_core.schemas import POLARITIES, polarity_number
from daf_core.training.recipe import Recipe
from jobs.fitting.training_data import load_training_data
from jobs.ray_session import ray_session
from jobs.settings import Training

ACTORS, TESTED, VALIDATED = 24, 4, 2
NORMALISED_ALL = "speaker_normalise+all_layers"
WAYS = ("alone", "speaker_normalise", "all_layers", NORMALISED_ALL, f"{NORMALISED_ALL}+balance")


def main() -> None:
    parser = parser_for(__doc__, data=True, work="embeddings and trials")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=WAYS)
    asked = parser.parse_args()
    with ray_session():
        embeddings = embed_table(corpus_table(asked.data, "ravdess"), asked.work, "corpus-ravdess")
    trials: list[TrialResult] = []
    for way in asked.ways:
        trials += trials_of(way, embeddings, asked.seeds)
        print(f"\n{rendered(standings(trials, asked.ways[0]), 'github')}", flush=True)


def trials_of(way: str, embeddings: str, seeds: int) -> list[TrialResult]:
    """A trial for each seed over all actors, by heads trained in this way."""
    options = way.split("+")
    settings = Training(
        embeddings=embeddings,
        speaker_normalise="speaker_normalise" in options,
        all_layers="all_layers" in options,
        recipe=Recipe(balance="balance" in options),
    )
    data = load_training_data(settings, ["audio"])
    every = [Trial("audio", seed) for seed in range(seeds)]
    folds = []
    for first in range(1, ACTORS + 1, TESTED):
        fold = split_anew(data, "speaker", partial(split_of, first), f"actors from {first}")
        folds.append(trials_on(fold, every, settings.recipe, f"{embeddings}-{way}-{first}"))
    return [merge_folds(way, trials) for trials in zip(*folds, strict=True)]


def split_of(first: int, speaker: str) -> str:
    """TESTED actors from `first` on test, the VALIDATED before them validate, the others train."""
    after = (int(speaker.removeprefix("actor")) - first) % ACTORS
    return "test" if after < TESTED else "valid" if after >= ACTORS - VALIDATED else "train"


def merge_folds(way: str, folds: Sequence[TrialResult]) -> TrialResult:
    """All folds of a seed as one trial, with metrics over the test rows of all folds."""
    rows = pa.concat_tables([fold.rows for fold in folds])
    said, true = rows["sentiment"].to_numpy(), rows["label"].to_numpy()
    names = rows["most_probable_polarity"].to_pylist()
    polarity = np.array([POLARITIES.index(one) for one in names])
    classes = class_metrics(polarity, polarity_number(true))
    test = regression_metrics(said, true) | {f"polarity_{n}": v for n, v in classes.items()}
    low, high = (rows[f"interval_{end}"].to_numpy() for end in ("low", "high"))
    test["coverage"] = float(((low <= true) & (true <= high)).mean())
    seconds = sum(fold.facts.seconds for fold in folds)
    facts = replace(folds[0].facts, head=way, test=test, seconds=seconds)
    return TrialResult(rows, facts)


if __name__ == "__main__":
    main()
