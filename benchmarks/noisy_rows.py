"""Rows whose labels are wrong: what `--also` costs then, and what `--importance` saves.

    python benchmarks/noisy_rows.py --work /tmp/daf-bench [--corpus 43] [--train-rows 500]
                                    [--head daf] [--seeds 5] [--wrong 0.5]

One head on the degraded pairs (benchmarks/heads_table.py, whose --work folder can be given), with
few train rows: alone; with the sentences of CMU-MOSEI in each step; and with the same of which a
share has the label of another sentence; both as they are and with `--importance`. Differences are
from the row above.
"""

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from corpora_table import named
from heads_table import MOSEI_COLUMNS, TEST_ROWS, pairs_name, prepare, prepared_mosei
from pairs import SHARED, degraded_pairs, write_rows

from daf_core.evaluation.results import Made, rendered, standings
from jobs import evaluate
from jobs.session import ray_session
from jobs.settings import EvaluateSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpus", type=int, default=43, help="seed of the pairs")
    parser.add_argument("--train-rows", type=int, default=500)
    parser.add_argument("--head", default="daf")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--wrong", type=float, default=0.5, help="share of wrong labels")
    asked = parser.parse_args()
    with ray_session():
        pairs = degraded_pairs(asked.work, asked.corpus, TEST_ROWS)
        embeddings = prepare(pairs, asked.work, pairs_name(asked.corpus), [])
        mosei = prepared_mosei(asked.work)
        wrong = with_wrong_labels(asked.work, asked.wrong)
        mixed = prepare(wrong, asked.work, wrong.stem, MOSEI_COLUMNS)
        ways: dict[str, dict[str, Any]] = {
            "alone": {},
            "sentences": {"also": [mosei]},
            "sentences-importance": {"also": [mosei], "importance": True},
            "wrong": {"also": [mixed]},
            "wrong-importance": {"also": [mixed], "importance": True},
        }
        made: list[Made] = []
        rows = []
        for way, options in ways.items():
            settings = EvaluateSettings(
                embeddings=embeddings,
                out=f"{embeddings}-noisy-{asked.head}-{asked.train_rows}-{way}",
                heads=asked.head,
                baseline=asked.head,
                seeds=asked.seeds,
                train_rows=asked.train_rows,
                **options,
            )
            print(evaluate.run(settings).splitlines()[-1], flush=True)
            above, made = made, named(evaluate.made(settings), way)
            rows += standings([*above, *made], above[0][1]["head"] if above else way)[-1:]
    print(f"\n{rendered(rows, 'github')}")


def with_wrong_labels(work: Path, share: float) -> Path:
    """The sentences of CMU-MOSEI, of whose train rows a share have changed their labels."""
    with (SHARED / "data" / "mosei" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    draw = np.random.default_rng(0)
    wrong = [row for row in rows if row["split"] == "train" and draw.random() < share]
    labels = [row["label"] for row in wrong]
    for row, other in zip(wrong, draw.permutation(len(wrong)), strict=True):
        row["label"] = labels[other]
    return write_rows(work / f"mosei-wrong-{share}.csv", rows)


if __name__ == "__main__":
    main()
