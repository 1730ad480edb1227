"""RAVDESS with every actor unseen once: acted valence, of the voice alone, in six folds.

    python benchmarks/ravdess_folds.py --work /tmp/daf-bench [--seeds 5] [--ways alone balance …]

The corpus's split tests on 208 utterances of actors 21 to 24, too few to tell .02 of UAR. Here it
is turned through all 24: each fold tests on four actors, validates on the two before them and
trains on the other 18, as that split does. Metrics are over the 1,248 test rows of all folds,
deviations over seeds. Frozen whisper-tiny.en, layers mixed; a way is one or several options of
`daf train`: balance, relative, wide.
"""

import argparse
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import baselines
import numpy as np
import pyarrow as pa
import torch
from heads_table import prepare
from pairs import SHARED

from daf_core.evaluation.results import Made, rendered, standings
from daf_core.evaluation.trial import Trial, run_trial
from daf_core.measures.metrics import class_metrics, regression_metrics
from daf_core.schemas import POLARITIES, SPLITS, polarity_number
from daf_core.storage import files, parquet
from daf_core.training.dataset import UNUSED, Corpus
from jobs.fitting.training_data import recipe
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings

ACTORS, TESTED, VALIDATED = 24, 4, 2
WAYS = ("alone", "relative", "wide", "wide-relative", "wide-relative-balance")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for embeddings")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=WAYS)
    asked = parser.parse_args()
    with ray_session():
        settings = {way: asked_for(way, asked.work) for way in asked.ways}
    trials: list[Made] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(baselines.CORES, context) as pool:
        for way, options in settings.items():
            work = [
                [pool.submit(trial, options, seed, first) for first in range(1, ACTORS + 1, TESTED)]
                for seed in range(asked.seeds)
            ]
            trials += [together(way, [fold.result() for fold in folds]) for folds in work]
            print(f"\n{rendered(standings(trials, asked.ways[0]), 'github')}", flush=True)


def asked_for(way: str, work: Path) -> EvaluateSettings:
    """How a way trains, on which embeddings."""
    options = way.split("-")
    source = SHARED / "data" / "ravdess" / "manifest.csv"
    embeddings = prepare(source, work, "corpus-ravdess", [])
    chosen = {name: name in options for name in ("balance", "relative", "wide")}
    return EvaluateSettings(embeddings=embeddings, out="", **chosen)


def trial(settings: EvaluateSettings, seed: int, first: int) -> Made:
    """One seed, tested on the actors from `first` on."""
    torch.set_num_threads(1)
    rows = load_training_data(settings, ["audio"])
    corpus = turned(rows.corpus, first)
    rows = replace(rows, corpus=corpus)
    how = recipe(settings, rows, seed)
    return run_trial(Trial("audio", seed), corpus, [], rows.shapes, how)


def turned(corpus: Corpus, first: int) -> Corpus:
    """The corpus split by actor: TESTED from `first` on, VALIDATED before them; others train."""
    train, valid, test = (SPLITS.index(name) for name in ("train", "valid", "test"))
    parts = {}
    for name, used in corpus.parts.items():
        uri = files.join(corpus.source.parts_uri, name)
        speakers = parquet.read(uri, corpus.source.kind, ["speaker"])[0]["speaker"].to_pylist()
        after = np.array([(int(one.removeprefix("actor")) - first) % ACTORS for one in speakers])
        split = np.select([after < TESTED, after >= ACTORS - VALIDATED], [test, valid], train)
        parts[name] = np.where(used == UNUSED, UNUSED, split).astype(np.int8)
    return replace(corpus, parts=parts)


def together(way: str, folds: Sequence[Made]) -> Made:
    """All folds of a seed as one trial, whose metrics are over the rows of all."""
    table = pa.concat_tables([table for table, _ in folds])
    said, true = table["sentiment"].to_numpy(), table["label"].to_numpy()
    polarity = np.array([POLARITIES.index(one) for one in table["polarity"].to_pylist()])
    classes = class_metrics(polarity, polarity_number(true))
    test = regression_metrics(said, true) | {f"polarity_{n}": v for n, v in classes.items()}
    low, high = (table[f"interval_{end}"].to_numpy() for end in ("low", "high"))
    test["coverage"] = float(((low <= true) & (true <= high)).mean())
    seconds = sum(facts["seconds"] for _, facts in folds)
    facts = {"head": way, "test": test, "seconds": seconds}
    return table, folds[0][1] | facts


if __name__ == "__main__":
    main()
