"""Search a head's recipe on the validation rows: random recipes, of which ASHA stops poor ones."""

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
from daf_core.storage.run_record import Json
from daf_core.training.dataset import without_test
from daf_core.training.fitting import learn
from daf_core.training.recipe import Recipe
from daf_core.training.state import State
from jobs.fitting.training_data import TrainingData
from jobs.progress import progress_of
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings

# Fields of `Recipe`, around the values with which the published tables were made.
SPACE = {
    "learning_rate": tune.loguniform(3e-4, 1e-2),
    "weight_decay": tune.loguniform(1e-3, 1.0),
    "width": tune.choice([64, 128, 256]),
    "batch_rows": tune.choice([64, 128, 256]),
    "modality_dropout": tune.uniform(0.0, 0.3),
    "side_loss": tune.choice([0.1, 0.2, 0.5, 1.0]),
}
MIN_EPOCHS = 5  # before a recipe is stopped for being worse than others
REDUCTION = 3  # one recipe in 3 goes on from a rung of ASHA to the next, 3 times as long one


def search_recipes(
    recipes: dict[str, Recipe],
    rows: TrainingData,
    settings: EvaluateSettings,
    output: Output,
    fingerprint: str,
) -> dict[str, Recipe]:
    """The best recipe that was found for each head.

    Each head's search is published as search/HEAD.json in `output`, with all recipes that were
    tried. A search that is there with this fingerprint is not repeated, unless `fresh` is set.

    Args:
        recipes: head → recipe to start from, which is tried too.
        fingerprint: of the identity of the comparison.
    """
    uris = {head: files.join(output.root, "search", f"{head}.json") for head in recipes}
    searches: dict[str, Json] = {}
    for head, uri in uris.items():
        found = None if settings.fresh else files.read_json(uri)
        if found and found["fingerprint"] == fingerprint:
            searches[head] = found
    missing = [head for head in recipes if head not in searches]
    if missing:
        total = len(missing) * settings.search
        with ray_session(), progress_of("recipes", total) as advance:
            for head in missing:
                searches[head] = {
                    "fingerprint": fingerprint,
                    **_search(head, rows, recipes[head], settings.search, advance),
                }
                files.write_json(uris[head], searches[head])
    return {head: replace(recipe, **searches[head]["settings"]) for head, recipe in recipes.items()}


def _search(
    head: str, rows: TrainingData, recipe: Recipe, number: int, advance: Callable[[int], None]
) -> Json:
    """Try `number` recipes for a head, the given one first, without any test rows.

    The recipes are the same every time. Which of them are stopped early also depends on the order
    in which they finish (ASHA: Li et al. 2020, "A System for Massively Parallel Hyperparameter
    Tuning").

    Returns:
        The best recipe's `settings`, `valid_mae` and `passes` (epochs); and `tried`, the same of
        all recipes, best first.

    Raises:
        NotDone: no recipe could be tried.
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
                reuse_actors=True,  # a process takes longer to start than a recipe on few rows
                search_alg=BasicVariantGenerator(points_to_evaluate=[given], random_state=0),
                scheduler=ASHAScheduler(
                    max_t=recipe.epochs,
                    grace_period=min(MIN_EPOCHS, recipe.epochs),
                    reduction_factor=REDUCTION,
                ),
            ),
            run_config=tune.RunConfig(
                storage_path=notes, name=head, verbose=0, callbacks=[_Advance(advance)]
            ),
        ).fit()
    tried = [
        {"valid_mae": found["valid_mae"], "passes": found["passes"], "settings": one.config}
        for one in results
        if "valid_mae" in (found := one.metrics or {})
    ]
    if not tried:
        raise NotDone(f"head {head}: none of {number} recipes could be tried: {results.errors[0]}")
    tried.sort(key=lambda one: one["valid_mae"])
    return {**tried[0], "tried": tried}


def _try(config: dict[str, Any], head: str, rows: TrainingData, recipe: Recipe) -> None:
    torch.set_num_threads(1)

    def report(state: State) -> None:
        tune.report({"valid_mae": state.best_mae, "passes": state.epoch + 1})

    learn(
        head,
        rows.corpus,
        rows.shapes,
        replace(recipe, **config, calibrate_for=None),  # the search does not use intervals
        torch.device("cpu"),
        also=rows.also,
        after_epoch=report,
    )


class _Advance(tune.Callback):  # type: ignore[misc]
    """Progress: a setting is done, to its end, stopped early or failed."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune pickles callbacks to resume a search, but a search starts anew here."""
        return {}

    def on_trial_complete(self, *_: Any, **__: Any) -> None:
        self._advance(1)

    def on_trial_error(self, *_: Any, **__: Any) -> None:
        self._advance(1)
