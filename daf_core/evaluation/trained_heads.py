"""The heads of trials. Heads that have the same parts are trained once."""

import hashlib
import time
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from daf_core.embeddings.columns import ColumnShapes, select
from daf_core.evaluation.trial import Trial
from daf_core.heads import SAME_PARTS
from daf_core.training.dataset import Corpus, load_rows
from daf_core.training.fitting import Learned, learn
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows


def training_of(trial: Trial) -> tuple[str, int]:
    """Which training the parts of a trial's head come from: a kind of head, and a seed."""
    return SAME_PARTS.get(trial.head, trial.head), trial.seed


def trained_heads(
    trials: Sequence[Trial],
    corpus: Corpus,
    also: Sequence[Corpus],
    shapes: ColumnShapes,
    recipe: Recipe,
) -> Iterator[tuple[Trial, Learned, float]]:
    """Train the head of each trial on the CPU.

    Args:
        trials: one or more with the same `training_of`.

    Yields:
        The trial, its head, and the seconds that the parts took to train, which are those of all.
    """
    first, *others = trials
    assert all(training_of(other) == training_of(first) for other in others)
    started = time.monotonic()
    learned = learn(
        first.head, corpus, shapes, recipe, torch.device("cpu"), seed=first.seed, also=also
    )
    seconds = time.monotonic() - started
    yield first, learned, seconds
    for other in others:
        yield other, learned.joined_as(other.head), seconds


def rows_to_test(learned: Learned, shapes: ColumnShapes) -> Rows:
    """The test rows of the corpus, which are the same for all heads: those with any column of
    utterances in `shapes`, whether the head reads it or not.
    """
    utterance = select(shapes, lambda column: column.is_utterance)
    if utterance.keys() <= learned.plan.shapes.keys():
        return learned.rows["test"]
    return load_rows(learned.corpus, utterance | learned.plan.shapes)["test"]


def parameters_sha256(head: nn.Module) -> str:
    """SHA-256 of the trained parameters of a head, without what is fitted afterwards to join them.
    Heads that differ in how they join the same parts, as `daf` and `stacked`, have the same.
    """
    found = hashlib.sha256()
    for parameter in head.parameters():
        found.update(parameter.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
