"""Options of the scripts that train heads: how all of them are trained."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from daf_core.evaluation.trial import TrialResult
from daf_core.training.recipe import Recipe

OPTIONS = {
    "learning_rate": float,
    "weight_decay": float,
    "average": float,
    "side_loss": float,
    "patience": int,
}


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Add an option for each of OPTIONS; its default is that of `daf train`."""
    for name, kind in OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)


def recipe_of(asked: argparse.Namespace) -> Recipe:
    """The recipe that the command line asks for."""
    given = {name: getattr(asked, name) for name in OPTIONS}
    return Recipe(**{name: value for name, value in given.items() if value is not None})


def slow(recipe: Recipe) -> Recipe:
    """The recipe of daf until 28 November 2026: slower, with weights that are not averaged."""
    return replace(recipe, learning_rate=3e-4, weight_decay=0.01, average=0.0, patience=35)


def better(one: Sequence[TrialResult], other: Sequence[TrialResult]) -> list[TrialResult]:
    """Of each head the trials of `one` or of `other`, trained by another recipe: those whose mean
    MAE on the validation rows is lower. The test rows decide nothing.
    """
    return [
        first if _valid_mae(one, first) <= _valid_mae(other, first) else second
        for first, second in zip(one, other, strict=True)
    ]


def _valid_mae(trials: Sequence[TrialResult], like: TrialResult) -> float:
    """Of the head of the trial `like`, the mean over seeds."""
    own = [one.facts.valid["mae"] for one in trials if one.facts.head == like.facts.head]
    return float(np.mean(own))
