"""Which of two recipes a head is shown with."""

import pyarrow as pa

from benchmarks.science.recipes import better, slow
from daf_core.evaluation.trial import TrialFacts, TrialResult
from daf_core.training.recipe import Recipe


def trial(head: str, seed: int, mae: float) -> TrialResult:
    return TrialResult(pa.table({}), TrialFacts(head, seed, {}, {"mae": mae}, False, 0, 0.0, 0, []))


def test_validation_rows_choose_the_recipe_of_each_head_over_its_seeds() -> None:
    one = [trial("daf", 0, 0.5), trial("daf", 1, 0.7), trial("late", 0, 0.9)]
    other = [trial("daf", 0, 0.6), trial("daf", 1, 0.5), trial("late", 0, 1.0)]
    assert better(one, other) == [other[0], other[1], one[2]]


def test_the_slow_recipe_changes_nothing_else() -> None:
    recipe = Recipe(width=64, calibrate_for="speakers")
    found = slow(recipe)
    assert (found.width, found.calibrate_for) == (64, "speakers")
    assert found.learning_rate < recipe.learning_rate
