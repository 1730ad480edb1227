"""What could weights win at most? Heads that are told which side of a pair is damaged.

    python benchmarks/told_damage.py --work /tmp/daf-bench [--corpora 7 43 101] [--seeds 5]
                                     [--patience 35]

On the degraded pairs, trained as by benchmarks/heads_table.py (whose --work folder can be given, so
that what it made is not made again): concat, static and daf, and beside them

- told static: the static head with weights and confidence of its own for each kind of row: nothing
  is damaged, the words are, or the voice is;
- told concat: plain concatenation that sees the kind, too.

No real corpus says so. Weights that find the damage by themselves tell a head no more than this.
"""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import baselines
import heads_table
import pyarrow as pa
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.evaluation.results import Made, rendered, standings
from daf_core.heads import columns_read
from daf_core.heads.fusion import OPINIONS, WeightedFusion
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction, Standardizer
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.measures.metrics import regression_metrics
from daf_core.storage.output import manifest_output
from daf_core.training.dataset import Corpus, load_rows, utterance_ids
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from jobs.fitting.training_data import recipe
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings

HEADS = "concat,static,daf"
KINDS = (None, *MODALITIES)  # what is damaged
TOLD = "text_told"  # the column that says it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpora", type=int, nargs="+", default=[7, 43, 101])
    parser.add_argument("--seeds", type=int, default=5, help="seeds a head")
    parser.add_argument("--patience", type=int, default=35, help="epochs without a better MAE")
    asked = parser.parse_args()
    options = {"seeds": asked.seeds, "patience": asked.patience, "train_rows": None}
    with ray_session():
        mosei = heads_table.prepared_mosei(asked.work)
        found = [
            heads_table.of_corpus(asked.work, corpus, mosei, HEADS, options)
            for corpus in asked.corpora
        ]
    trials = [(name, seed) for name in TOLD_HEADS for seed in range(asked.seeds)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(baselines.CORES, context) as pool:
        for made, corpus in zip(found, asked.corpora, strict=True):
            manifest, embeddings = heads_table.places(asked.work, heads_table.pairs_name(corpus))
            settings = EvaluateSettings(
                embeddings=embeddings, out="", also=[mosei], patience=asked.patience
            )
            work = [pool.submit(told_trial, *trial, settings, manifest) for trial in trials]
            made += [one.result() for one in work]
    print(f"\n{rendered(standings(heads_table.together(found), 'static'), 'github')}")


class Kind(Standardizer):
    """What is damaged, as a column that is one-hot already."""

    def standardise_on(self, mean: Tensor, deviation: Tensor) -> None:
        """As it is."""

    def forward(self, features: Features) -> Tensor:
        """(B, KINDS)."""
        return features.values[TOLD][:, 0].float()


class ToldStatic(nn.Module):
    """The static head, with its numbers for each kind."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.text_told = Kind(1, len(KINDS))
        self.scores = nn.Linear(len(KINDS), OPINIONS)
        self.fusion = WeightedFusion(width)

    def forward(self, features: Features) -> Prediction:
        scores = self.scores(self.text_told(features))
        said: Prediction = self.fusion(self.sides(features), scores, features)
        return said


class ToldConcat(nn.Module):
    """Plain concatenation, of the kind too."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.text_told = Kind(1, len(KINDS))
        self.fuse = MLP(len(MODALITIES) * (width + 1) + len(KINDS), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features).flatten(1)
        seen = [sides, features.present.float(), self.text_told(features)]
        return Prediction(self.fuse(torch.cat(seen, dim=1), features.noise))


TOLD_HEADS = {"told static": ToldStatic, "told concat": ToldConcat}


def told_trial(name: str, seed: int, settings: EvaluateSettings, manifest: str) -> Made:
    """As `evaluation.trial.run_trial`, but for controls and intervals."""
    torch.set_num_threads(1)
    rows = load_training_data(settings, ["concat"])
    how: Recipe = recipe(settings, rows, seed)
    damaged = heads_table.damage(manifest_output(manifest))
    streams = columns_read("concat", rows.shapes)
    splits = with_kinds(rows.corpus, streams, damaged)
    also = [with_kinds(other, streams, {})["train"] for other in rows.also]
    torch.manual_seed(seed)
    head = TOLD_HEADS[name](streams, how.width)
    started = time.monotonic()
    fit(head, splits["train"], splits["valid"], how, also=also)
    seconds = time.monotonic() - started
    said, true = predict(head, splits["test"]).sentiment.numpy(), splits["test"].labels.numpy()
    table = {"utterance_id": utterance_ids(rows.corpus, "test"), "label": true, "sentiment": said}
    facts: dict[str, Any] = {
        "head": name,
        "seed": seed,
        "test": regression_metrics(said, true),
        "three_classes": False,
        "parameters": sum(p.numel() for p in head.parameters()),
        "seconds": seconds,
    }
    return pa.table(table), facts


def with_kinds(corpus: Corpus, streams: ColumnShapes, damaged: dict[str, str]) -> dict[str, Rows]:
    """The rows of each split, with what is damaged as one more column."""
    found = {}
    for split, rows in load_rows(corpus, streams).items():
        kinds = [KINDS.index(damaged.get(one)) for one in utterance_ids(corpus, split)]
        told = one_hot(torch.tensor(kinds, dtype=torch.long), len(KINDS)).half()[:, None]
        found[split] = Rows({**rows.values, TOLD: told}, rows.present, rows.labels)
    return found


if __name__ == "__main__":
    main()
