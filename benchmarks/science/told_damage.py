"""How much could modality weights gain at most? Heads that are told what is damaged.

    python -m benchmarks.science.told_damage --data DIR --work DIR [--corpora 7 43 101] [--seeds 5]
                                             [--patience 35]

Compares concat, static and daf on the degraded pairs, trained as by heads_table.py (with the same
--work nothing is embedded or trained twice), with two heads that read the truth:

- told static: the static head with weights and confidence of its own for each of three cases:
  nothing is damaged, the words are, the voice is;
- told concat: plain concatenation that also reads the case.

No real corpus holds this truth. Weights that find the damage cannot know more than these heads.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pyarrow as pa
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from benchmarks.command_line import parser_for
from benchmarks.daf_command import CORES
from benchmarks.science.embedded import embed_mosei, folders, pairs_name
from benchmarks.science.heads_table import (
    CORPORA,
    Comparison,
    damaged_modality,
    merge_corpora,
    trials_on_pairs,
)
from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import TrialFacts, TrialResult
from daf_core.heads import columns_read
from daf_core.heads.fusion import NUM_SCORES, WeightedFusion
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction, Standardizer
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.measures.metrics import regression_metrics
from daf_core.storage.output import manifest_output
from daf_core.training.dataset import Corpus, load_rows, utterance_ids
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from jobs.fitting.training_data import load_training_data
from jobs.ray_session import ray_session
from jobs.settings import Training

HEADS = ["concat", "static", "daf"]
CASES = (None, *MODALITIES)  # what is damaged
TOLD = "text_9"  # the column that holds the case


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, embeddings and results")
    parser.add_argument("--corpora", type=int, nargs="+", default=CORPORA, help="seeds of pairs")
    parser.add_argument("--seeds", type=int, default=5, help="seeds per head")
    parser.add_argument("--patience", type=int, default=35, help="epochs without a lower MAE")
    asked = parser.parse_args()
    comparison = Comparison(HEADS, asked.seeds, recipe=Recipe(patience=asked.patience))
    with ray_session():
        mosei = embed_mosei(asked.data, asked.work)
        comparison = replace(comparison, also=[mosei])
        found = [
            trials_on_pairs(comparison, asked.data, asked.work, seed) for seed in asked.corpora
        ]
    told = [(name, seed) for name in TOLD_HEADS for seed in range(asked.seeds)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, context) as pool:
        for trials, seed in zip(found, asked.corpora, strict=True):
            manifest, embeddings = folders(asked.work, pairs_name(seed))
            settings = Training(embeddings=embeddings, also=[mosei], recipe=comparison.recipe)
            work = [pool.submit(run_told_trial, *trial, settings, manifest) for trial in told]
            trials += [one.result() for one in work]
    print(f"\n{rendered(standings(merge_corpora(found), 'static'), 'github')}")


class Case(Standardizer):
    """What is damaged: a one-hot column, read as it is."""

    def standardise_on(self, mean: Tensor, deviation: Tensor) -> None:
        """Nothing: the column stays one-hot."""

    def forward(self, features: Features) -> Tensor:
        """(B, CASES), one-hot."""
        return features.values[TOLD][:, 0].float()


class ToldStatic(nn.Module):
    """The static head, with a weight of each modality and a confidence for each case."""

    def __init__(self, columns: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(columns, width)
        self.text_told = Case(1, len(CASES))
        self.scores = nn.Linear(len(CASES), NUM_SCORES)
        self.fusion = WeightedFusion(width)

    def forward(self, features: Features) -> Prediction:
        scores = self.scores(self.text_told(features))
        prediction: Prediction = self.fusion(self.sides(features), scores, features)
        return prediction


class ToldConcat(nn.Module):
    """Plain concatenation of both projections, which modalities are present, and the case."""

    def __init__(self, columns: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(columns, width)
        self.text_told = Case(1, len(CASES))
        self.fuse = MLP(len(MODALITIES) * (width + 1) + len(CASES), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features).flatten(1)
        read = [sides, features.present.float(), self.text_told(features)]
        return Prediction(self.fuse(torch.cat(read, dim=1), features.dropout_masks))


TOLD_HEADS = {"told static": ToldStatic, "told concat": ToldConcat}


def run_told_trial(name: str, seed: int, settings: Training, manifest: str) -> TrialResult:
    """Fit one of TOLD_HEADS and test it; without controls and intervals, as trials have them."""
    torch.set_num_threads(1)
    data = load_training_data(settings, ["concat"])
    damaged = damaged_modality(manifest_output(manifest))
    columns = columns_read("concat", data.shapes)
    splits = with_cases(data.corpus, columns, damaged)
    also = [with_cases(other, columns, {})["train"] for other in data.also]
    torch.manual_seed(seed)
    head = TOLD_HEADS[name](columns, settings.recipe.width)
    started = time.monotonic()
    state = fit(head, splits["train"], splits["valid"], settings.recipe, seed=seed, also=also)
    seconds = time.monotonic() - started
    said, true = predict(head, splits["test"]).sentiment.numpy(), splits["test"].labels.numpy()
    rows = {"utterance_id": utterance_ids(data.corpus, "test"), "label": true, "sentiment": said}
    facts = TrialFacts(
        head=name,
        seed=seed,
        test=regression_metrics(said, true),
        valid={},
        three_classes=False,
        parameters=sum(p.numel() for p in head.parameters()),
        seconds=seconds,
        best_epoch=state.best_epoch,
        history=state.history,
    )
    return TrialResult(pa.table(rows), facts)


def with_cases(corpus: Corpus, columns: ColumnShapes, damaged: dict[str, str]) -> dict[str, Rows]:
    """The rows of each split with the column TOLD; damaged: utterance_id → text or audio."""
    found = {}
    for split, rows in load_rows(corpus, columns).items():
        cases = [CASES.index(damaged.get(one)) for one in utterance_ids(corpus, split)]
        told = one_hot(torch.tensor(cases, dtype=torch.long), len(CASES)).half()[:, None]
        found[split] = Rows({**rows.values, TOLD: told}, rows.present, rows.labels)
    return found


if __name__ == "__main__":
    main()
