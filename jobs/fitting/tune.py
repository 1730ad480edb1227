"""Search a head's settings on validation rows: random settings, of which ASHA stops the worse."""

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import torch
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search import BasicVariantGenerator

from daf_core.errors import NotDone
from daf_core.storage import files
from daf_core.storage.output import Output
from daf_core.training.dataset import without_test
from daf_core.training.fitting import fit_head
from daf_core.training.loop import State
from daf_core.training.recipe import Recipe
from jobs.fitting.training_data import TrainingData
from jobs.progress import progress_of
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings

# Around the values that the published tables were made with.
SPACE = {
    "learning_rate": tune.loguniform(1e-4, 3e-3),
    "weight_decay": tune.loguniform(1e-3, 1.0),
    "width": tune.choice([64, 128, 256]),
    "batch_rows": tune.choice([64, 128, 256]),
    "modality_dropout": tune.uniform(0.0, 0.3),
    "side_loss": tune.choice([0.1, 0.2, 0.5, 1.0]),
}
PASSES_AT_LEAST = 5  # before a setting is stopped for being worse than others
KEPT = 3  # one in so many goes on from a rung to the next, which is so many times as long


def search_recipes(
    recipes: dict[str, Recipe],
    rows: TrainingData,
    settings: EvaluateSettings,
    output: Output,
    fingerprint: str,
) -> dict[str, Recipe]:
    """The best recipe that was found for each head, now or before; each search is kept in OUT as
    search/HEAD.json, with all that was tried.
    """
    uris = {head: files.join(output.root, "search", f"{head}.json") for head in recipes}
    known: dict[str, dict[str, Any]] = {}
    for head, uri in uris.items():
        found = None if settings.fresh else files.read_json(uri)
        if found and found["fingerprint"] == fingerprint:
            known[head] = found
    missing = [head for head in recipes if head not in known]
    if missing:
        total = len(missing) * settings.search
        with ray_session(), progress_of("settings", total) as advance:
            for head in missing:
                known[head] = {
                    "fingerprint": fingerprint,
                    **_search(head, rows, recipes[head], settings.search, advance),
                }
                files.write_json(uris[head], known[head])
    return {head: replace(recipe, **known[head]["settings"]) for head, recipe in recipes.items()}


def _search(
    head: str, rows: TrainingData, recipe: Recipe, number: int, advance: Callable[[], None]
) -> dict[str, Any]:
    """Try so many settings for a head, the given ones first; the best, and all, best first.

    Test rows are not there at all. Which settings are tried is always the same; which
    are stopped early also by what ran at the same time (ASHA: Li et al. 2020, "A System for
    Massively Parallel Hyperparameter Tuning").

    Raises:
        NotDone: none could be tried.
    """
    os.environ |= {"TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1", "RAY_AIR_NEW_OUTPUT": "0"}  # quiet
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    given = {name: value for name, value in asdict(recipe).items() if name in SPACE}
    try_one = tune.with_parameters(
        _try, head=head, rows=replace(rows, corpus=without_test(rows.corpus)), recipe=recipe
    )
    with tempfile.TemporaryDirectory() as notes:
        results = tune.Tuner(
            tune.with_resources(try_one, {"cpu": 1}),
            param_space=SPACE,
            tune_config=tune.TuneConfig(
                metric="valid_mae",
                mode="min",
                num_samples=number,
                reuse_actors=True,  # a process takes longer to start than a setting of few rows
                search_alg=BasicVariantGenerator(points_to_evaluate=[given], random_state=0),
                scheduler=ASHAScheduler(
                    max_t=recipe.epochs,
                    grace_period=min(PASSES_AT_LEAST, recipe.epochs),
                    reduction_factor=KEPT,
                ),
            ),
            run_config=tune.RunConfig(
                storage_path=notes, name=head, verbose=0, callbacks=[_Advance(advance)]
            ),
        ).fit()
    tried = [
        {"valid_mae": told["valid_mae"], "passes": told["passes"], "settings": one.config}
        for one in results
        if "valid_mae" in (told := one.metrics or {})
    ]
    if not tried:
        raise NotDone(f"no settings could be tried for {head}: {results.errors[0]}")
    tried.sort(key=lambda one: one["valid_mae"])
    return {**tried[0], "tried": tried}


def _try(config: dict[str, Any], head: str, rows: TrainingData, recipe: Recipe) -> None:
    torch.set_num_threads(1)

    def told(state: State) -> None:
        tune.report({"valid_mae": state.best_mae, "passes": state.epoch + 1})

    fit_head(
        head,
        rows.corpus,
        rows.shapes,
        replace(recipe, **config, calibrate_for=None),  # which is of intervals only
        torch.device("cpu"),
        also=rows.also,
        after_epoch=told,
    )


class _Advance(tune.Callback):  # type: ignore[misc]
    """Progress: a setting is done, to its end, stopped early or failed."""

    def __init__(self, advance: Callable[[], None]) -> None:
        self._advance = advance

    def __getstate__(self) -> dict[str, Any]:
        """Tune keeps a copy of all it is given, to go on from: a search is begun anew instead."""
        return {}

    def on_trial_complete(self, *_: Any, **__: Any) -> None:
        self._advance()

    def on_trial_error(self, *_: Any, **__: Any) -> None:
        self._advance()
