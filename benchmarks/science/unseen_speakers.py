"""How often do intervals hold for speakers that neither training nor calibration has heard?

    python -m benchmarks.science.unseen_speakers --data DIR --work DIR
        [--corpora 7 43 101] [--head daf] [--seed 0]

The test rows of the degraded pairs are by four actors, and four voices say little about others. So
the 18 actors of the train rows are divided into five folds (`group_folds`), and a head is trained
without each fold. The intervals of a fold are calibrated on the other four folds, each predicted by
the head that was trained without it. Prints for each fold the share of labels inside the 90 %
intervals, by whether words and voice agree, and the error of each modality alone, which says how
easy the speakers are.
"""

import numpy as np
import pyarrow as pa
import torch

from benchmarks.command_line import parser_for
from benchmarks.science.embedded import TEST_ROWS, embed_mosei, embed_table, pairs_name
from benchmarks.science.heads_table import CORPORA
from benchmarks.science.make_pairs import degraded_pairs
from benchmarks.science.rivals import HEAD
from daf_core.evaluation.groups import APART
from daf_core.evaluation.rendering import shown_table
from daf_core.evaluation.sentiment_trial import tested
from daf_core.heads import columns_read
from daf_core.training.dataset import load_strange, utterance_ids
from daf_core.training.fitting import Plan
from daf_core.training.group_folds import group_folds
from daf_core.training.held_out import calibrate_on
from daf_core.training.recipe import Recipe
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs and embeddings")
    parser.add_argument("--corpora", type=int, nargs="+", default=CORPORA, help="seeds of pairs")
    parser.add_argument("--head", default=HEAD)
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    asked = parser.parse_args()
    rows, shown = [], []
    for corpus in asked.corpora:
        with ray_session():
            mosei = embed_mosei(asked.data, asked.work)
            table = degraded_pairs(asked.data, asked.work, corpus, TEST_ROWS)
            pairs = embed_table(table, asked.work, pairs_name(corpus))
        settings = EvaluateSettings(embeddings=pairs, out=pairs, heads=[asked.head], also=[mosei])
        folds = rows_of_folds(load_training_data(settings, [asked.head]), asked.head, asked.seed)
        rows += folds
        shown += [figures(f"{corpus}, fold {number}", fold) for number, fold in enumerate(folds, 1)]
        shown.append(figures(f"{corpus}", pa.concat_tables(folds)))
    shown.append(figures("all", pa.concat_tables(rows)))
    print(f"\n{shown_table(shown, 'github')}")


def rows_of_folds(data: TrainingData, head: str, seed: int) -> list[pa.Table]:
    """For each fold the rows of a `TrialResult`, by the head that was trained without it."""
    plan = Plan(head, columns_read(head, data.shapes), Recipe(), seed, torch.device("cpu"))
    folds = group_folds(data.corpus, data.also, "speakers")
    trained = list(plan.fit_folds(folds, load_strange(data.corpus, plan.shapes, 0, 1)))
    found = []
    for number, (module, rows) in enumerate(trained):
        calibrations = calibrate_on(trained[:number] + trained[number + 1 :])
        ids = utterance_ids(folds[number][0], "test")
        found.append(tested(module, plan.shapes, calibrations, ids, rows, seed)[0])
    return found


def figures(name: str, rows: pa.Table) -> dict[str, str]:
    """A line of the table: the rows of `tested` by groups."""
    low, high, label, apart = (
        rows[column].to_numpy()
        for column in ("interval_low", "interval_high", "label", "disagreement")
    )
    said = ("sentiment", "no_audio", "no_text")
    mae, by_words, by_voice = (np.abs(rows[column].to_numpy() - label).mean() for column in said)
    holds = (low <= label) & (label <= high)
    agree = apart <= APART
    return {
        "pairs": name,
        "rows": f"{len(rows):,}",
        "in 90 %": f"{holds.mean():.3f}",
        "agree": f"{holds[agree].mean():.3f}",
        "disagree": f"{holds[~agree].mean():.3f}",
        "MAE": f"{mae:.3f}",
        "of words alone": f"{by_words:.3f}",
        "of the voice alone": f"{by_voice:.3f}",
    }


if __name__ == "__main__":
    main()
