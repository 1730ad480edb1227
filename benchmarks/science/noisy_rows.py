"""Doubtful training rows (wrong labels, synthetic voices): do they help, do weights for them help?

    python -m benchmarks.science.noisy_rows --data DIR --work DIR [--corpus 43] [--train-rows 500]
        [--head daf] [--seeds 5] [--patience 15] [--wrong 0.5] [--synthesize 'espeak-ng --stdout']

One head on the degraded pairs (make_pairs.py) with few train rows:

- alone: nothing else;
- sentences: every training step also gets sentences of CMU-MOSEI (`daf train --also`);
- wrong: the same sentences, a share of them with the label of another sentence;
- voiced: the same sentences read out by a synthesizer, where one is given.

The last three are also trained with weights for the labels (`daf train --weigh-labels`). Each is
compared with the one that BASELINES names.
"""

from pathlib import Path

import numpy as np

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table, read_rows, write_rows
from benchmarks.science.corpora_table import rename_heads
from benchmarks.science.embedded import RENAME, TEST_ROWS, embed_mosei, embed_table, pairs_name
from benchmarks.science.make_pairs import degraded_pairs
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import TrialResult
from daf_core.training.recipe import Recipe
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate

WEIGHED = "-weighed"
BASELINES = {
    "alone": None,
    "sentences": "alone",
    "sentences-weighed": "sentences",
    "wrong": "sentences",
    "wrong-weighed": "wrong",
    "voiced": "sentences",
    "voiced-weighed": "voiced",
}


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, embeddings and results")
    parser.add_argument("--corpus", type=int, default=43, help="seed of the pairs")
    parser.add_argument("--train-rows", type=int, default=500)
    parser.add_argument("--head", default="daf")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--patience", type=int, default=15)
    parser.add_argument("--wrong", type=float, default=0.5, help="share of wrong labels")
    parser.add_argument("--synthesize", help="command, as for `daf embed`; default: no voices")
    asked = parser.parse_args()
    trials: dict[str, list[TrialResult]] = {}
    with ray_session():
        pairs = degraded_pairs(asked.data, asked.work, asked.corpus, TEST_ROWS)
        embeddings = embed_table(pairs, asked.work, pairs_name(asked.corpus))
        also = doubtful(asked.data, asked.work, asked.wrong, asked.synthesize)
        for way in (way for way in BASELINES if way.removesuffix(WEIGHED) in also):
            name = f"noisy-{asked.head}-{asked.train_rows}-{asked.patience}-{way}"
            settings = EvaluateSettings(
                embeddings=embeddings,
                out=f"{embeddings}-{name}",
                heads=[asked.head],
                baseline=asked.head,
                seeds=asked.seeds,
                train_rows=asked.train_rows,
                also=also[way.removesuffix(WEIGHED)],
                recipe=Recipe(patience=asked.patience, weigh_labels=way.endswith(WEIGHED)),
            )
            print(evaluate.run(settings).splitlines()[-1], flush=True)
            trials[way] = rename_heads(evaluate.load_trials(settings), way)
    rows = [
        standings([*trials[baseline], *own], baseline)[-1]
        if (baseline := BASELINES[way])
        else standings(own, way)[0]
        for way, own in trials.items()
    ]
    print(f"\n{rendered(rows, 'github')}")


def doubtful(data: Path, work: Path, wrong: float, synthesize: str | None) -> dict[str, list[str]]:
    """Way → embeddings whose train rows join the training."""
    sentences = corpus_table(data, "mosei")
    mixed = with_wrong_labels(sentences, work / f"mosei-wrong-{wrong}.csv", wrong)
    also = {
        "alone": [],
        "sentences": [embed_mosei(data, work)],
        "wrong": [embed_table(mixed, work, mixed.stem, RENAME["mosei"])],
    }
    if synthesize:
        options = {"synthesize": synthesize}
        also["voiced"] = [embed_table(sentences, work, "mosei-voiced", RENAME["mosei"], **options)]
    return also


def with_wrong_labels(sentences: Path, out: Path, share: float) -> Path:
    """Write the sentences with the labels of a share of the train rows permuted."""
    rows = read_rows(sentences)
    draw = np.random.default_rng(0)
    wrong = [row for row in rows if row["split"] == "train" and draw.random() < share]
    labels = [row["label"] for row in wrong]
    for row, other in zip(wrong, draw.permutation(len(wrong)), strict=True):
        row["label"] = labels[other]
    return write_rows(out, rows)


if __name__ == "__main__":
    main()
