"""All heads on the degraded pairs: their errors, and whether their weights find the damage.

    python -m benchmarks.science.heads_table --data DIR --work DIR
        [--corpora 7 43 101] [--seeds 5] [--heads daf concat …] [--baseline concat]
        [--learning-rate 3e-4 …] [--or-slow]
        [--train-rows 500] [--calibrate-for speakers] [--frames 16] [--mosei]

Runs ingest, embed and evaluate as a user would, with the default encoders. Every training step also
gets 128 sentences of CMU-MOSEI without audio. Means and paired differences are over the test rows
of all corpora together; a corpus is a seed of the pairs (make_pairs.py).

AUC is the area under the ROC curve of audio_weight: rows with damaged words against rows with a
damaged voice. No head reads which of the two is damaged. --frames is for heads that read frames
(pool, drw, mult, mods). --or-slow trains every head by a second recipe too and takes, on each
corpus, the one with the lower MAE on its validation rows. --mosei adds a comparison on sentences of
CMU-MOSEI alone.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from benchmarks.command_line import parser_for
from benchmarks.science.embedded import (
    TEST_ROWS,
    embed_mosei,
    embed_table,
    folders,
    pairs_name,
    with_frames,
)
from benchmarks.science.make_pairs import degraded_pairs
from benchmarks.science.recipes import add_recipe, better, recipe_of, slow
from benchmarks.science.rivals import HEAD, RIVALS, rendered_rivals
from daf_core.evaluation.control_results import rendered_controls, weight_controls
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import TrialResult
from daf_core.measures.metrics import regression_metrics
from daf_core.storage.output import Output, manifest_output
from daf_core.training.recipe import Recipe
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate

CORPORA = (7, 43, 101)


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, embeddings and results")
    parser.add_argument("--corpora", type=int, nargs="+", default=CORPORA, help="seeds of pairs")
    parser.add_argument("--seeds", type=int, default=5, help="seeds per head")
    parser.add_argument("--heads", nargs="+", default=[HEAD, *RIVALS])
    parser.add_argument("--baseline", default="concat", help="one of the heads")
    parser.add_argument("--train-rows", type=int, help="train rows per corpus; default: all 4,500")
    parser.add_argument("--calibrate-for", choices=("recordings", "speakers"))
    parser.add_argument("--or-slow", action="store_true")
    add_recipe(parser)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--mosei", action="store_true")
    asked = parser.parse_args()
    recipe = replace(recipe_of(asked), calibrate_for=asked.calibrate_for)
    comparison = Comparison([*asked.heads], asked.seeds, asked.train_rows, recipe)
    with ray_session():
        mosei = embed_mosei(asked.data, asked.work, asked.frames)
        comparison = replace(comparison, also=[mosei])
        trials = []
        for seed in asked.corpora:
            trials.append(trials_on_pairs(comparison, asked.data, asked.work, seed, asked.frames))
            if asked.or_slow:
                also = replace(comparison, recipe=slow(recipe))
                other = trials_on_pairs(also, asked.data, asked.work, seed, asked.frames)
                trials[-1] = better(trials[-1], other)
        show(merge_corpora(trials), asked.baseline)
        if asked.mosei:
            alone = Comparison(["daf"], asked.seeds, None, comparison.recipe)
            show(alone.run(mosei), "daf")


@dataclass(frozen=True)
class Comparison:
    """Which heads are compared, and how all of them are trained. also: more embeddings."""

    heads: list[str]
    seeds: int
    train_rows: int | None = None
    recipe: Recipe = field(default_factory=Recipe)
    also: list[str] = field(default_factory=list)

    def run(self, embeddings: str) -> list[TrialResult]:
        """The trials on these embeddings, in a folder of its own for these options."""
        usual = asdict(Recipe())
        options = {"train-rows": self.train_rows} | {
            name.replace("_", "-"): value
            for name, value in asdict(self.recipe).items()
            if value != usual[name]
        }
        chosen = [f"{name}-{value}" for name, value in options.items() if value is not None]
        settings = EvaluateSettings(
            embeddings=embeddings,
            out="-".join([embeddings, "evaluation", *chosen]),
            heads=self.heads,
            baseline=self.heads[0],
            seeds=self.seeds,
            train_rows=self.train_rows,
            also=self.also,
            recipe=self.recipe,
        )
        print(evaluate.run(settings).splitlines()[-1], flush=True)
        return evaluate.load_trials(settings)


def trials_on_pairs(
    comparison: Comparison, data: Path, work: Path, seed: int, frames: int = 0
) -> list[TrialResult]:
    """Trials on the pairs with this seed; the AUC of each is among its test metrics."""
    name = with_frames(pairs_name(seed), frames)
    table = degraded_pairs(data, work, seed, TEST_ROWS)
    trials = comparison.run(embed_table(table, work, name, frames=frames))
    damaged = damaged_modality(manifest_output(folders(work, name)[0]))
    return [with_auc(trial, damaged) for trial in trials]


def with_auc(trial: TrialResult, damaged: dict[str, str]) -> TrialResult:
    """The trial with the AUC of its weights among its test metrics."""
    test = trial.facts.test | damage_auc(trial.rows, damaged)
    return replace(trial, facts=replace(trial.facts, test=test))


def damaged_modality(manifest: Output) -> dict[str, str]:
    """utterance_id → text or audio, for the damaged rows of a manifest of pairs."""
    found = {}
    for part in manifest.read_all(["utterance_id", "meta"]):
        for row in part.to_pylist():
            found[row["utterance_id"]] = dict(row["meta"])["degraded"]
    return {utterance: modality for utterance, modality in found.items() if modality != "none"}


def damage_auc(rows: pa.Table, damaged: dict[str, str]) -> dict[str, float]:
    """{"auc": …}; empty for a head without weights, or with the same weights for all rows."""
    columns = (rows[name].to_pylist() for name in ("utterance_id", "audio_weight"))
    weight = dict(zip(*columns, strict=True))
    known = [(kind == "text", weight[one]) for one, kind in damaged.items() if one in weight]
    truth, weights = zip(*known, strict=True)
    if None in weights or len(set(weights)) == 1:
        return {}
    return {"auc": float(roc_auc_score(truth, weights))}


def merge_corpora(corpora: list[list[TrialResult]]) -> list[TrialResult]:
    """The same trials on several corpora as one list: rows joined, facts averaged."""
    merged = []
    for trials in zip(*corpora, strict=True):
        rows = pa.concat_tables([trial.rows for trial in trials])
        every = [trial.facts for trial in trials]
        test = regression_metrics(rows["sentiment"].to_numpy(), rows["label"].to_numpy())
        for name in ("auc", "coverage", "width"):
            if all(name in facts.test for facts in every):
                test[name] = float(np.mean([facts.test[name] for facts in every]))
        seconds = float(np.mean([facts.seconds for facts in every]))
        merged.append(TrialResult(rows, replace(every[0], test=test, seconds=seconds)))
    return merged


def show(trials: list[TrialResult], baseline: str) -> None:
    """Print the heads, the AUC of their weights and the controls, as Markdown."""
    rows = standings(trials, baseline)
    print(f"\n{rendered(rows, 'github')}\n")
    for row in rows:
        if "auc" in row.mean:
            print(f"{row.head}: AUC {row.mean['auc']:.4f} ± {row.deviation['auc']:.4f}")
    print(f"\n{rendered_rivals(trials)}\n")
    print(f"{rendered_controls(weight_controls(trials), 'github')}\n", flush=True)


if __name__ == "__main__":
    main()
