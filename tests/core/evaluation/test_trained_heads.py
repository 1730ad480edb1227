"""Heads that have the same parts are trained once, and are what they are when trained alone."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from daf_core.evaluation.class_trial import run_class_trials
from daf_core.evaluation.sentiment_trial import run_sentiment_trials
from daf_core.evaluation.trained_heads import trained_heads, training_of
from daf_core.evaluation.trial import Trial, TrialResult
from daf_core.heads import HEADS, SAME_PARTS, build
from daf_core.one_thread import one_thread
from daf_core.storage.output import Output, embeddings_output
from daf_core.training.class_corpora import class_corpora
from daf_core.training.classes import Classes
from daf_core.training.dataset import labelled_corpus
from daf_core.training.recipe import Recipe
from tests.core.adaptation.archives import SHAPES, stored
from tests.core.training.emotions import emotional

RECIPE = Recipe(width=16, batch_rows=32, epochs=3, learning_rate=2e-2)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Output:
    table = emotional(500, seed=0)
    label = np.random.default_rng(1).uniform(-3, 3, len(table)).astype(np.float32)
    place = table.schema.get_field_index("label")
    labelled = table.set_column(place, "label", pa.array(label))
    return embeddings_output(stored(str(tmp_path_factory.mktemp("emotions")), labelled))


def same(one: TrialResult, other: TrialResult) -> bool:
    """Whether two results are equal but for the time that they took."""
    facts = [replace(result.facts, seconds=0.0) for result in (one, other)]
    return one.rows.equals(other.rows) and facts[0] == facts[1]


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", SAME_PARTS)
def test_together_and_alone_are_equal_to_the_bit(source, kind, members):
    corpus, recipe = labelled_corpus(source), replace(RECIPE, members=members)
    trials = [Trial(SAME_PARTS[kind], 3), Trial(kind, 3)]
    for asked in (trials, trials[::-1]):
        with one_thread():
            together = [*run_sentiment_trials(asked, corpus, [], SHAPES, recipe)]
            alone = [
                result
                for trial in asked
                for result in run_sentiment_trials([trial], corpus, [], SHAPES, recipe)
            ]
        assert [result.facts.head for result in together] == [trial.head for trial in asked]
        assert all(same(*pair) for pair in zip(together, alone, strict=True))
        sentiment, other = (result.rows["sentiment"] for result in together)
        assert sentiment != other  # they join the parts in different ways


def test_so_are_trials_of_classes(source):
    corpus, _ = class_corpora(Classes.from_text("emotion=ang,neu,hap+exc,sad"), source, [])
    trials = [Trial("daf", 0), Trial("stacked", 0)]
    with one_thread():
        together = [*run_class_trials(trials, corpus, [], SHAPES, RECIPE)]
        (alone,) = run_class_trials(trials[1:], corpus, [], SHAPES, RECIPE)
    assert same(together[1], alone)


def test_the_other_kinds_and_seeds_have_parts_of_their_own(source):
    assert training_of(Trial("daf", 0)) == training_of(Trial("stacked", 0))
    assert training_of(Trial("daf", 0)) != training_of(Trial("stacked", 1))
    for kind in HEADS.keys() - SAME_PARTS.keys():
        assert training_of(Trial(kind, 0)) == (kind, 0)
    mixed = [Trial("daf", 0), Trial("concat", 0)]
    with pytest.raises(AssertionError):
        next(trained_heads(mixed, labelled_corpus(source), [], SHAPES, RECIPE))


@pytest.mark.parametrize(("kind", "like"), SAME_PARTS.items())
def test_kinds_with_the_same_parts_begin_with_the_same_weights(kind, like):
    first, second = ({}, {})
    for name, found in ((kind, first), (like, second)):
        torch.manual_seed(5)
        found.update(build(name, SHAPES, 16).named_parameters())
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
