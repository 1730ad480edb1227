"""Rows that may harm: wrong labels, made-up voices. What `--also` gains, what `--importance` saves.

    python benchmarks/noisy_rows.py --work /tmp/daf-bench [--corpus 43] [--train-rows 500]
                                    [--head daf] [--seeds 5] [--patience 15] [--wrong 0.5]
                                    [--synthesize 'espeak-ng --stdout']

One head on the degraded pairs (benchmarks/heads_table.py, whose --work folder can be given), with
few train rows: alone; with the sentences of CMU-MOSEI in each step; with the same of which a share
has the label of another sentence; and, where a synthesizer is given, with the same read out; all of
them as they are and with `--importance`. Each is compared with what stands in AGAINST.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from corpora_table import named
from heads_table import MOSEI, MOSEI_COLUMNS, TEST_ROWS, pairs_name, prepare, prepared_mosei
from pairs import degraded_pairs, write_rows

from daf_core.evaluation.results import Made, rendered, standings
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate

IMPORTANCE = "-importance"
AGAINST = {
    "alone": None,
    "sentences": "alone",
    "sentences-importance": "sentences",
    "wrong": "sentences",
    "wrong-importance": "wrong",
    "voiced": "sentences",
    "voiced-importance": "voiced",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpus", type=int, default=43, help="seed of the pairs")
    parser.add_argument("--train-rows", type=int, default=500)
    parser.add_argument("--head", default="daf")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--patience", type=int, default=15)
    parser.add_argument("--wrong", type=float, default=0.5, help="share of wrong labels")
    parser.add_argument("--synthesize", help="command, as of daf embed --synthesize")
    asked = parser.parse_args()
    with ray_session():
        pairs = degraded_pairs(asked.work, asked.corpus, TEST_ROWS)
        embeddings = prepare(pairs, asked.work, pairs_name(asked.corpus), [])
        mosei = prepared_mosei(asked.work)
        wrong = with_wrong_labels(asked.work, asked.wrong)
        mixed = prepare(wrong, asked.work, wrong.stem, MOSEI_COLUMNS)
        ways: dict[str, list[str]] = {"alone": [], "sentences": [mosei], "wrong": [mixed]}
        if asked.synthesize:
            voiced = {"synthesize": asked.synthesize}
            ways["voiced"] = [prepare(MOSEI, asked.work, "mosei-voiced", MOSEI_COLUMNS, **voiced)]
        made: dict[str, list[Made]] = {}
        for way in (way for way in AGAINST if way.removesuffix(IMPORTANCE) in ways):
            settings = EvaluateSettings(
                embeddings=embeddings,
                out=f"{embeddings}-noisy-{asked.head}-{asked.train_rows}-{asked.patience}-{way}",
                heads=asked.head,
                baseline=asked.head,
                seeds=asked.seeds,
                train_rows=asked.train_rows,
                patience=asked.patience,
                also=ways[way.removesuffix(IMPORTANCE)],
                importance=way.endswith(IMPORTANCE),
            )
            print(evaluate.run(settings).splitlines()[-1], flush=True)
            made[way] = named(evaluate.made(settings), way)
    rows = [
        standings([*made[other], *trials], other)[-1]
        if (other := AGAINST[way])
        else standings(trials, way)[0]
        for way, trials in made.items()
    ]
    print(f"\n{rendered(rows, 'github')}")


def with_wrong_labels(work: Path, share: float) -> Path:
    """The sentences of CMU-MOSEI, of whose train rows a share have changed their labels."""
    with MOSEI.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    draw = np.random.default_rng(0)
    wrong = [row for row in rows if row["split"] == "train" and draw.random() < share]
    labels = [row["label"] for row in wrong]
    for row, other in zip(wrong, draw.permutation(len(wrong)), strict=True):
        row["label"] = labels[other]
    return write_rows(work / f"mosei-wrong-{share}.csv", rows)


if __name__ == "__main__":
    main()
