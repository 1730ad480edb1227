"""Acted valence from the voice alone: RAVDESS, with every actor unseen in training once.

    python -m benchmarks.science.ravdess_folds --data DIR --work DIR [--seeds 5]
                                               [--ways alone speaker_normalise …]

The corpus's own split tests on 208 utterances of four actors, too few to see a difference of .02 in
UAR. Six folds turn that split through all 24 actors: each fold tests on four actors, validates on
the two actors before them and trains on the other 18. Metrics are over the 1,248 test rows of all
folds, deviations over seeds. Frozen whisper-tiny.en, layers mixed.

A way is one or several options of `daf train`, joined by +: balance, speaker_normalise, all_layers.
"""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table
from benchmarks.daf_command import CORES
from benchmarks.science.embedded import embed_table
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import Trial, TrialResult, run_trial
from daf_core.measures.metrics import class_metrics, regression_metrics
from daf_core.schemas import POLARITIES, SPLITS, polarity_number
from daf_core.training.dataset import Corpus
from daf_core.training.recipe import Recipe
from daf_core.training.splits import UNUSED
from jobs.fitting.training_data import load_training_data
from jobs.ray_session import ray_session
from jobs.settings import Training

ACTORS, TESTED, VALIDATED = 24, 4, 2
NORMALISED_ALL = "speaker_normalise+all_layers"
WAYS = ("alone", "speaker_normalise", "all_layers", NORMALISED_ALL, f"{NORMALISED_ALL}+balance")


def main() -> None:
    parser = parser_for(__doc__, data=True, work="embeddings")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=WAYS)
    asked = parser.parse_args()
    with ray_session():
        embeddings = embed_table(corpus_table(asked.data, "ravdess"), asked.work, "corpus-ravdess")
    trials: list[TrialResult] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, context) as pool:
        for way in asked.ways:
            settings = training_of(way, embeddings)
            firsts = range(1, ACTORS + 1, TESTED)
            work = [
                [pool.submit(run_fold, settings, seed, first) for first in firsts]
                for seed in range(asked.seeds)
            ]
            trials += [merge_folds(way, [fold.result() for fold in folds]) for folds in work]
            print(f"\n{rendered(standings(trials, asked.ways[0]), 'github')}", flush=True)


def training_of(way: str, embeddings: str) -> Training:
    """How heads are trained in this way."""
    options = way.split("+")
    return Training(
        embeddings=embeddings,
        speaker_normalise="speaker_normalise" in options,
        all_layers="all_layers" in options,
        recipe=Recipe(balance="balance" in options),
    )


def run_fold(settings: Training, seed: int, first: int) -> TrialResult:
    """Train with one seed and test on the actors from `first` on."""
    torch.set_num_threads(1)
    rows = load_training_data(settings, ["audio"])
    corpus = turn_split(rows.corpus, first)
    recipe = settings.recipe.resolve(corpus.counts["train"])
    return run_trial(Trial("audio", seed), corpus, [], rows.shapes, recipe)


def turn_split(corpus: Corpus, first: int) -> Corpus:
    """The corpus split by actor: TESTED actors from `first` on, the VALIDATED before them; the
    others train.
    """
    train, valid, test = (SPLITS.index(name) for name in ("train", "valid", "test"))
    parts = {}
    for name, used in corpus.parts.items():
        speakers = corpus.source.read(name, ["speaker"])["speaker"].to_pylist()
        after = np.array([(int(one.removeprefix("actor")) - first) % ACTORS for one in speakers])
        split = np.select([after < TESTED, after >= ACTORS - VALIDATED], [test, valid], train)
        parts[name] = np.where(used == UNUSED, UNUSED, split).astype(np.int8)
    return replace(corpus, parts=parts)


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
