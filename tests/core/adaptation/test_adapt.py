"""Adapting a head to labelled rows: planted offsets are found, without any nothing gets worse."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.adaptation.adapt import adapt
from daf_core.adaptation.card import doubts
from daf_core.adaptation.decide import Estimate, decide
from daf_core.adaptation.fine_tune import RECIPE
from daf_core.adaptation.intervals import calibrate_on_few, coverage_of
from daf_core.adaptation.offsets import SCALES, Residuals, fit_affine, group_shifts
from daf_core.errors import SettingsError
from daf_core.heads.sentiment_bins import NUM_BINS, STEP, median
from daf_core.measures.adjustment import moved
from daf_core.measures.calibration import needed_share
from daf_core.one_thread import one_thread
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from tests.core.adaptation.archives import archive, head, labelled

QUICK = replace(RECIPE, epochs=8, patience=3, learning_rate=2e-3)
ROWS = 2000  # of new recordings, to measure on


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield


def figures(one: TrainedHead, offset=lambda embedded, truth: truth) -> tuple[float, float]:
    """MAE and coverage on recordings that nobody labelled."""
    embedded, labels = archive(ROWS, 99, offset)
    scores, unused = score(one, embedded)
    assert not len(unused)
    true = np.array([labels[u].sentiment for u in scores["utterance_id"].to_pylist()])
    low, high = (scores[name].to_numpy() for name in ("interval_low", "interval_high"))
    error = np.abs(scores["sentiment"].to_numpy() - true).mean()
    return float(error), float(((low - 1e-4 <= true) & (true <= high + 1e-4)).mean())


def shifted(embedded: pa.Table, truth: np.ndarray) -> np.ndarray:
    return truth - 0.9


def by_channel(embedded: pa.Table, truth: np.ndarray) -> np.ndarray:
    return truth + np.where(embedded["channel"].to_numpy() == 0, 0.8, -0.8)


def other_words(embedded: pa.Table, truth: np.ndarray) -> np.ndarray:
    """What words say here is another thing than where the head was trained."""
    text = np.stack(embedded["text"].to_pylist()).astype(float)
    return 1.6 * np.tanh(text[:, 2] - 0.6 * text[:, 3])


@pytest.mark.parametrize("rows", [40, 300])
def test_a_planted_offset_is_found(rows: int) -> None:
    before = figures(head(), shifted)
    adapted, outcome = adapt(head(), labelled(rows, 5, shifted), methods=("calibrate", "offset"))
    after = figures(adapted, shifted)
    assert outcome.method == "offset"
    assert after[0] < before[0] - 0.2
    assert before[1] < 0.8
    assert after[1] > 0.8
    assert outcome.difference.high < 0
    # What it says of itself holds for recordings that nobody labelled.
    assert outcome.difference.low - 0.05 <= after[0] - before[0] <= outcome.difference.high + 0.05


def test_offsets_of_channels_are_found() -> None:
    adapted, _ = adapt(head(), labelled(300, 6, by_channel), methods=("calibrate", "offset"))
    adjustment = adapted.record.adjustment
    assert adjustment is not None
    assert adjustment.group == "channel"
    assert adjustment.shifts == pytest.approx({"0": 0.8, "1": -0.8}, abs=0.2)
    assert figures(adapted, by_channel)[0] < figures(head(), by_channel)[0] - 0.15


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [30, 200])
def test_without_an_offset_nothing_gets_worse_than_the_noise(rows: int, seed: int) -> None:
    before = figures(head())
    adapted, outcome = adapt(head(), labelled(rows, 50 + seed), recipe=QUICK)
    after = figures(adapted)
    assert after[0] <= before[0] + 0.02
    assert after[1] >= coverage_of(rows)[0] - 0.04
    assert outcome.difference.value <= 0


def test_with_hundreds_of_rows_layers_are_tuned_where_words_mean_another_thing() -> None:
    before = figures(head(), other_words)
    adapted, outcome = adapt(head(), labelled(500, 7, other_words), recipe=QUICK)
    after = figures(adapted, other_words)
    assert outcome.method == "fine-tune"
    assert adapted.record.sha256 != head().record.sha256
    assert after[0] < before[0] - 0.1
    assert 0.85 <= after[1] <= 0.95
    assert outcome.after.coverage is not None
    assert outcome.after.coverage.value == pytest.approx(0.9, abs=0.04)


def test_the_same_labels_give_the_same_head() -> None:
    one, other = (adapt(head(), labelled(60, 8, shifted), recipe=QUICK)[0] for _ in range(2))
    assert one.record.as_dict() == other.record.as_dict()
    assert one.weights == other.weights


def test_an_adapted_head_comes_back_from_its_record_and_can_be_adapted_again() -> None:
    adapted, _ = adapt(head(), labelled(60, 8, shifted), methods=("offset",))
    assert HeadRecord.from_dict(adapted.record.as_dict()) == adapted.record
    assert adapted.identity != head().identity
    again, _ = adapt(adapted, labelled(60, 9, shifted), recipe=QUICK)
    assert figures(again, shifted)[0] <= figures(adapted, shifted)[0] + 0.02
    assert again.record.facts["adaptation"]["earlier"]["method"] == "offset"


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(SettingsError, match="expected 9 labelled rows or more"):
        adapt(head(), labelled(8, 5, recordings=8))


def test_labels_of_one_recording_calibrate_too() -> None:
    adapted, outcome = adapt(head(), labelled(40, 5, shifted, recordings=1), recipe=QUICK)
    assert outcome.recordings == 1
    assert figures(adapted, shifted)[1] > 0.8


@settings(max_examples=60)
@given(st.floats(*SCALES), st.floats(-2, 2), st.integers(0, 1000))
def test_an_offset_moves_the_median_of_a_distribution(scale, shift, seed) -> None:
    logits = 2 * torch.randn(20, NUM_BINS, generator=torch.Generator().manual_seed(seed))
    found = median(moved(logits, torch.full((20,), scale), torch.full((20,), shift)))
    expected = (scale * median(logits) + shift).clamp(-3, 3)
    # Exact at the edges of bins; within a bin probability is spread evenly, before and after.
    assert (found - expected).abs().max() < STEP
    assert (found - expected).abs().mean() < 0.15


def test_no_offset_leaves_the_very_same_logits() -> None:
    logits = torch.randn(5, NUM_BINS)
    assert torch.equal(moved(logits, torch.ones(5), torch.zeros(5)), logits)


def residuals(rows: int, seed: int, shift: float, scale: float) -> Residuals:
    draw = np.random.default_rng(seed)
    sentiment = draw.uniform(-2, 2, rows)
    labels = scale * sentiment + shift + draw.normal(0, 0.5, rows)
    return Residuals(sentiment, labels, np.ones(rows), np.arange(rows) // 4)


def test_offsets_are_shrunk_by_their_errors() -> None:
    """Without an offset most estimates are exactly 0, and all are smaller than unshrunk ones."""
    none = [fit_affine(residuals(40, seed, 0, 1), scaled=True) for seed in range(200)]
    assert np.mean([one.shift == 0 and one.scale == 1 for one in none]) > 0.4
    plain = [np.mean((r := residuals(40, s, 0, 1)).labels - r.sentiment) for s in range(200)]
    assert np.square([one.shift for one in none]).mean() < 0.7 * np.square(plain).mean()
    planted = [fit_affine(residuals(200, seed, 0.7, 0.6), scaled=True) for seed in range(20)]
    assert np.mean([one.shift for one in planted]) == pytest.approx(0.7, abs=0.05)
    assert np.mean([one.scale for one in planted]) == pytest.approx(0.6, abs=0.05)


def test_shifts_of_groups_are_shrunk_together() -> None:
    """Groups that do not differ get no shift; a small group gets less than a large one."""
    draw = np.random.default_rng(0)
    sizes = [3, 60, 60, 60]
    names = [f"g{group}" for group, size in enumerate(sizes) for _ in range(size)]
    clusters = np.arange(len(names))
    same = [
        group_shifts(draw.normal(0, 1, len(names)), names, np.ones(len(names)), clusters)
        for _ in range(100)
    ]
    assert np.mean([not one for one in same]) > 0.4
    true = dict(zip(sorted(set(names)), [1.0, 1.0, -1.0, 0.0], strict=True))
    left = np.array([true[name] for name in names]) + draw.normal(0, 1, len(names))
    found = group_shifts(left, names, np.ones(len(names)), clusters)
    assert found["g1"] == pytest.approx(1, abs=0.3)
    assert abs(found["g0"]) < abs(np.mean(left[:3]))


@pytest.mark.parametrize("rows", [12, 50, 200])
def test_few_rows_calibrate_to_what_is_said_of_them(rows: int) -> None:
    """Over many sets of rows intervals hold 90 % or more, nine sets of ten are in the range."""
    draw = torch.Generator().manual_seed(rows)

    def drawn(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        logits = 1.5 * torch.randn(number, NUM_BINS, generator=draw)
        points = torch.multinomial((0.5 * logits).softmax(dim=1), 1, generator=draw)[:, 0]
        spread = torch.rand(number, generator=draw) - 0.5
        return logits, (-3 + 0.5 * (points + spread)).clamp(-3, 3)

    logits, labels = drawn(20_000)
    held = []
    for _ in range(100):
        found = calibrate_on_few(*drawn(rows), np.ones(rows), None)
        assert found is not None
        held.append((needed_share(logits / found.temperature, labels) <= found.mass).mean())
    low, high = coverage_of(rows)
    assert np.mean(held) == pytest.approx(max(0.9, rows / (rows + 1) * 0.9), abs=0.04)
    assert np.mean(held) > 0.89
    assert np.mean([low - 0.005 <= one <= high + 0.005 for one in held]) > 0.8


def test_rows_that_stand_for_more_count_for_more() -> None:
    draw = torch.Generator().manual_seed(0)
    logits, easy = torch.zeros(200, NUM_BINS), torch.arange(200) < 100
    wide = 6 * torch.rand(200, generator=draw) - 3
    labels = torch.where(easy, wide / 10, wide)
    weights = np.where(easy.numpy(), 1.9, 0.1)
    equal = calibrate_on_few(logits, labels, np.ones(200), None)
    weighted = calibrate_on_few(logits, labels, weights, None)
    assert equal is not None
    assert weighted is not None
    assert weighted.mass < equal.mass - 0.2


@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_the_most_thorough_way_is_chosen_only_where_it_helps(gain: float) -> None:
    draw = np.random.default_rng(0)
    chosen = []
    for _ in range(50):
        own = np.abs(draw.normal(0, 1, 150))
        errors = np.stack([own, own + draw.normal(0, 0.3, 150), own + draw.normal(-gain, 0.3, 150)])
        chosen.append(decide(errors, np.ones(150), np.arange(150) // 5, [0, 1, 2]).chosen)
    assert np.mean([one == (2 if gain else 0) for one in chosen]) > 0.75


def test_a_way_that_was_asked_for_is_taken_and_told_to_be_worse() -> None:
    errors = np.stack([np.full(60, 0.5), np.full(60, 0.6)])
    found = decide(errors, np.ones(60), np.arange(60) // 3, [1])
    assert (found.chosen, found.difference.value) == (1, pytest.approx(0.1))


def test_what_speaks_against_an_adapted_head_is_said() -> None:
    labels = labelled(300, 5)
    _, outcome = adapt(head(), labels, ["calibrate"])
    assert doubts(outcome) == []
    held = Estimate(0.43, 0.11, 0.75)
    after = replace(outcome.after, r=-0.27, coverage=held)
    found = doubts(replace(outcome, after=after, rows=10))
    assert [one.split(":")[0].split(" of ")[0] for one in found] == [
        "labels and sentiments do not agree (r -0.27)",
        "90 % intervals hold only 43 %",
        "10 labels are few; 50 calibrate, hundreds also train",
    ]


def test_a_head_of_before_reads_as_one_without_an_adjustment() -> None:
    record = head().record
    assert "adjustment" not in record.as_dict()
    assert replace(record, adjustment=None) == HeadRecord.from_dict(record.as_dict())
