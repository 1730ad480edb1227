"""Fusion of parts that learned apart: Bayes' rule, and weights that say who told what."""

import math
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from daf_core.evaluation.trained_heads import parameters_sha256
from daf_core.heads.apart import ModalitiesApart
from daf_core.heads.daf import DafHead, DafLateHead
from daf_core.heads.parts import Features, Prediction
from daf_core.heads.sentiment_bins import LOWEST, NUM_BINS, STEP, cross_entropy, median
from daf_core.heads.stacked import StackedHead
from daf_core.training.balance import balancing_weights, even_weights
from daf_core.training.fusion import fit_fusion
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows

SHAPES = {"text": (1, NUM_BINS), "audio": (1, NUM_BINS)}
BINS = LOWEST + STEP * torch.arange(NUM_BINS)
Head = TypeVar("Head", bound=ModalitiesApart)


class Oracle(torch.nn.Module):
    """A modality whose embedding is its own logits."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, features: Features) -> "Oracle":
        self.logits = features.values[self.name][:, 0].float()
        return self


def with_oracles() -> DafHead:
    return hearing(DafLateHead(SHAPES, 4))


def hearing(head: Head) -> Head:
    for name in SHAPES:
        head.apart[name] = Oracle(name)
    return head


def drawn(rows: int, noise: tuple[float, float], sharper: float = 1.0) -> tuple[Rows, Tensor]:
    """Rows whose modalities see the label with Gaussian noise, independent of each other, and say
    exactly what it tells, or `sharper` times as surely; and the logits of both by Bayes' rule.
    """
    draw = torch.Generator().manual_seed(0)
    prior = torch.exp(-0.5 * (BINS / 1.5) ** 2)
    label = torch.multinomial(prior, rows, replacement=True, generator=draw)
    log_prior = (prior / prior.sum()).log()
    told = []
    for deviation in noise:
        seen = BINS[label] + deviation * torch.randn(rows, generator=draw)
        told.append(-0.5 * ((seen[:, None] - BINS) / deviation) ** 2)
    values = {
        name: (log_prior + sharper * one)[:, None] for name, one in zip(SHAPES, told, strict=True)
    }
    present = torch.ones(rows, 2, dtype=torch.bool)
    return Rows(values, present, BINS[label]), log_prior + told[0] + told[1]


def fitted(rows: Rows) -> DafHead:
    head = with_oracles()
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    return head


@pytest.mark.parametrize("sharper", [1.0, 3.0])
def test_independent_modalities_are_joined_by_bayes_rule(sharper: float) -> None:
    """Also where they claim to be surer than they are, which calibration finds."""
    rows, right = drawn(4000, (0.8, 1.6), sharper)
    found = predict(fitted(rows), rows)
    apart = (found.logits.softmax(1) - right.softmax(1)).abs().sum(1) / 2
    assert float(apart.mean()) < 0.03
    error = float((found.sentiment - rows.labels).abs().mean())
    assert error == pytest.approx(float((median(right) - rows.labels).abs().mean()), abs=0.01)


def test_a_modality_that_tells_more_weighs_more_and_one_that_tells_nothing_nothing() -> None:
    rows, _ = drawn(2000, (0.5, 1.5))
    weights = predict(fitted(rows), rows).weights
    assert weights is not None
    assert weights[:, 0].mean() > 0.7
    silent = dict(rows.values)
    silent["text"] = fitted(rows).priors[0].expand(len(rows.labels), 1, -1).clone()
    found = predict(fitted(rows), Rows(silent, rows.present, rows.labels))
    assert found.weights is not None
    assert (found.weights[:, 0] < 0.05).float().mean() > 0.95
    words_unheard = Rows(rows.values, rows.present & torch.tensor([False, True]), rows.labels)
    alone = predict(fitted(rows), words_unheard)
    torch.testing.assert_close(alone.weights, torch.tensor([[0.0, 1.0]]).expand(2000, 2))


def test_own_weights_given_again_change_nothing_and_others_do() -> None:
    rows, _ = drawn(500, (0.5, 1.5))
    head = fitted(rows)
    own = predict(head, rows)
    assert own.weights is not None
    again = predict(head, rows, own.weights)
    torch.testing.assert_close(again.logits, own.logits)
    voice = predict(head, rows, torch.tensor([[0.0, 1.0]]).expand(500, 2))
    assert voice.logits.isfinite().all()
    assert (voice.sentiment - own.sentiment).abs().mean() > 0.3


def test_what_modalities_say_alone_starts_from_the_prior_of_both() -> None:
    """Voices are mostly negative: a voice that is a little so speaks for more than the usual."""
    labels = torch.tensor([-2.0] * 90 + [-1.0] * 10 + [1.0] * 100)
    present = torch.tensor([[False, True]] * 100 + [[True, True]] * 100)
    unsure = torch.zeros(200, 1, NUM_BINS)
    rows = Rows({name: unsure.clone() for name in SHAPES}, present, labels)
    head = with_oracles()
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    rows.values["text"][:, 0] = head.priors[0]  # words that say nothing
    rows.values["audio"][:, 0] = head.priors[1] + 0.2 * BINS  # less negative than usual
    found = predict(head, rows)
    assert found.unimodal_logits is not None
    torch.testing.assert_close(
        found.unimodal_logits[100:, 1].softmax(1), found.logits[100:].softmax(1)
    )
    torch.testing.assert_close(
        found.unimodal_logits[100:, 0].softmax(1), head.prior.exp().expand(100, -1)
    )
    torch.testing.assert_close(found.unimodal_logits[:100, 1], found.logits[:100])


def test_priors_are_those_of_the_rows_that_each_modality_has() -> None:
    """Words are mostly positive, voices mostly negative, and three rows have both."""
    labels = torch.tensor([2.0] * 8 + [-2.0] * 8 + [1.0] * 3)
    present = torch.tensor([[True, False]] * 8 + [[False, True]] * 8 + [[True, True]] * 3)
    rows = Rows({name: torch.zeros(19, 1, NUM_BINS) for name in SHAPES}, present, labels)
    head = with_oracles()
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    place = {value: round((value - LOWEST) / STEP) for value in (-2.0, 1.0, 2.0)}
    priors = torch.cat([head.priors, head.prior[None]]).exp()
    torch.testing.assert_close(priors.sum(dim=1), torch.ones(3))
    for row, shares in enumerate(
        ({2.0: 8 / 11, 1.0: 3 / 11}, {-2.0: 8 / 11, 1.0: 3 / 11}, {1.0: 1.0})
    ):
        for value, share in shares.items():
            assert float(priors[row, place[value]]) == pytest.approx(share, abs=0.02)
    twice = with_oracles()
    fit_fusion(twice, [(rows, 1.0), (rows, 3.0)], rows, even_weights(rows))
    torch.testing.assert_close(twice.priors, head.priors)
    rows.labels[0] = -2.0
    fit_fusion(twice, [(rows, 1.0)], rows, balancing_weights(rows))
    negative = float(twice.priors[0, place[-2.0]].exp())
    assert negative == pytest.approx(4 / (4 + 7 * 8 / 14 + 3), abs=0.02)  # half of the text alone


def test_without_rows_the_head_is_joined_as_it_is() -> None:
    """No row has both: the prior of both lies between, and a modality without rows counts once."""
    rows, _ = drawn(60, (0.5, 1.5))
    words = Rows(rows.values, rows.present & torch.tensor([True, False]), rows.labels)
    head = with_oracles()
    fit_fusion(head, [(words, 1.0)], words, even_weights(words))
    assert float(head.inverse_temperatures[1]) == 1
    assert all(value.isfinite().all() for value in head.buffers())
    assert math.isclose(float(head.prior.exp().sum()), 1, abs_tol=1e-5)


def test_a_trained_head_of_real_layers_is_joined_too() -> None:
    rows, _ = drawn(400, (0.5, 1.5))
    torch.manual_seed(0)
    head = DafHead(SHAPES, 16)
    fit(head, rows, rows, Recipe(epochs=30, learning_rate=1e-2, average=0.9))
    before = predict(head, rows).sentiment
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    found = predict(head, rows)
    assert found.unimodal_sentiment is not None
    errors = (
        (torch.cat([found.unimodal_sentiment, found.sentiment[:, None]], 1) - rows.labels[:, None])
        .abs()
        .mean(0)
    )
    assert errors[2] < errors[:2].min()
    assert not torch.equal(before, found.sentiment)


def test_a_quarter_of_the_validation_rows_is_surer_and_a_quarter_less_sure() -> None:
    rows, _ = drawn(2000, (0.5, 1.0))
    head = fitted(rows)
    sureness = predict(head, rows).sureness
    assert sureness is not None
    for number in range(2):
        for sign in (-1, 1):
            assert (sureness[:, number] == sign).float().mean() == pytest.approx(0.25, abs=0.01)


def test_without_validation_rows_no_modality_is_surer_than_usual() -> None:
    sureness = predict(with_oracles(), drawn(50, (0.5, 1.0))[0]).sureness
    assert sureness is not None
    assert not sureness.any()


def test_stacking_joins_by_weights_that_are_the_same_for_all_rows() -> None:
    """They are the best of all constant ones, and worse than Bayes' rule."""
    rows, _ = drawn(2000, (0.8, 1.1))
    head = hearing(StackedHead(SHAPES, 4, with_whole=False))
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    found = predict(head, rows)
    assert found.weights is not None
    assert found.unimodal_logits is not None
    assert len(found.weights.unique(dim=0)) == 1
    assert float(found.weights[0, 0]) > 0.5  # the words, which tell more
    torch.testing.assert_close(found.weights.sum(1), torch.ones(2000))
    loss = cross_entropy(found.logits, rows.labels).mean()
    for shift in (-0.1, 0.1):
        moved = found.weights + torch.tensor([shift, -shift])
        assert cross_entropy(predict(head, rows, moved).logits, rows.labels).mean() > loss
    assert cross_entropy(found.unimodal_logits, rows.labels[:, None]).mean(0).min() > loss
    assert cross_entropy(predict(fitted(rows), rows).logits, rows.labels).mean() < loss


def test_rows_with_one_modality_are_not_pooled() -> None:
    rows, _ = drawn(300, (0.5, 1.5))
    words = Rows(rows.values, rows.present & torch.tensor([True, False]), rows.labels)
    head = hearing(StackedHead(SHAPES, 4))
    fit_fusion(head, [(words, 1.0)], words, even_weights(words))
    assert float(head.sharpness) == 1
    found = predict(head, words)
    torch.testing.assert_close(found.weights, torch.tensor([[1.0, 0.0]]).expand(300, 2))
    torch.testing.assert_close(found.logits, rows.values["text"][:, 0])


def test_daf_and_stacking_join_the_same_parts() -> None:
    """So all that daf is better by comes from how it joins them."""
    rows, _ = drawn(100, (0.5, 1.0))
    found = {}
    for kind in (DafHead, StackedHead, DafLateHead):
        torch.manual_seed(0)
        head = kind(SHAPES, 8)
        fit(head, rows, rows, Recipe(epochs=2))
        fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
        found[kind] = parameters_sha256(head)
    assert found[DafHead] == found[StackedHead] != found[DafLateHead]


class OracleOfBoth(torch.nn.Module):
    """A part that reads both, and says by Bayes' rule what they tell, `sharper` times as surely, or
    nothing.
    """

    def __init__(self, log_prior: Tensor, sharper: float) -> None:
        super().__init__()
        self.log_prior, self.sharper = log_prior, sharper

    def forward(self, features: Features) -> Prediction:
        told = sum(features.values[name][:, 0].float() - self.log_prior for name in SHAPES)
        return Prediction(self.log_prior + self.sharper * told)


def with_part_for_both(rows: Rows, sharper: float) -> DafHead:
    """A head whose modalities are oracles as well."""
    head = hearing(DafHead(SHAPES, 4))
    counts = torch.stack([(rows.labels == value).sum() for value in BINS])
    head.whole = OracleOfBoth((counts / counts.sum() + 1e-3).log().log_softmax(0), sharper)
    return head


def test_a_part_that_reads_both_counts_as_much_as_it_knows_more() -> None:
    """Nothing, or that words and voice are the same twice, which no modality can know alone."""
    rows, _ = drawn(2000, (0.8, 0.8))
    shares = {}
    for sharper in (0.0, 0.5):
        if sharper:
            rows.values["audio"] = rows.values["text"]
        head = with_part_for_both(rows, sharper)
        fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
        shares[sharper] = float(head.whole_share)
    assert shares[0.0] < 0.2 < 0.5 < shares[0.5]


def test_a_part_that_reads_both_counts_nothing_where_no_validation_row_has_both() -> None:
    """As in a corpus of sentences and of voices, of which no row has both."""
    rows, _ = drawn(300, (0.5, 1.5))
    words = Rows(rows.values, rows.present & torch.tensor([True, False]), rows.labels)
    head = with_part_for_both(rows, 3.0)
    fit_fusion(head, [(words, 1.0)], words, even_weights(words))
    assert float(head.whole_share) == 0
    late = with_oracles()
    fit_fusion(late, [(words, 1.0)], words, even_weights(words))
    torch.testing.assert_close(
        predict(head, rows).logits.softmax(1), predict(late, rows).logits.softmax(1)
    )


def test_a_row_with_one_modality_hears_no_part_that_reads_both() -> None:
    rows, _ = drawn(300, (0.5, 1.5))
    words = Rows(rows.values, rows.present & torch.tensor([True, False]), rows.labels)
    head = with_part_for_both(rows, 3.0)
    fit_fusion(head, [(rows, 1.0)], rows, even_weights(rows))
    assert float(head.whole_share) > 0
    torch.testing.assert_close(predict(head, words).logits, rows.values["text"][:, 0])


def test_a_head_of_one_modality_has_no_part_that_reads_both() -> None:
    head = DafHead({"text": (1, NUM_BINS)}, 4)
    assert head.whole is None
    rows, _ = drawn(100, (0.5, 1.5))
    words = Rows(
        {"text": rows.values["text"]}, rows.present & torch.tensor([True, False]), BINS[:1]
    )
    assert predict(head, words).whole is None


def test_only_a_part_that_reads_both_learns_what_neither_tells_alone() -> None:
    """The sign of the label is that of the product of a word and a tone: sarcasm."""
    draw = torch.Generator().manual_seed(0)

    def sarcasm(number: int) -> Rows:
        signs = torch.randint(0, 2, (number, 2), generator=draw) * 2.0 - 1
        values = {
            name: signs[:, m, None, None] * BINS
            + 0.3 * torch.randn(number, 1, NUM_BINS, generator=draw)
            for m, name in enumerate(SHAPES)
        }
        return Rows(values, torch.ones(number, 2, dtype=torch.bool), 2 * signs.prod(dim=1))

    train, valid, test = sarcasm(400), sarcasm(200), sarcasm(200)
    errors = {}
    for kind in (DafHead, DafLateHead):
        torch.manual_seed(0)
        head = kind(SHAPES, 16)
        fit(head, train, valid, Recipe(epochs=30, learning_rate=1e-2, average=0.9))
        fit_fusion(head, [(train, 1.0)], valid, even_weights(train))
        errors[kind] = float((predict(head, test).sentiment - test.labels).abs().mean())
    assert errors[DafHead] < 0.5 < 1.5 < errors[DafLateHead]
