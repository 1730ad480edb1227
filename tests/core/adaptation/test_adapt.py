"""Adapting a head to labelled rows: planted offsets are found, without any nothing gets worse."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from daf_core.adaptation.adapt import adapt
from daf_core.adaptation.card import doubts
from daf_core.adaptation.decide import Estimate
from daf_core.adaptation.fine_tune import RECIPE
from daf_core.adaptation.intervals import coverage_of
from daf_core.errors import SettingsError
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from tests.core.adaptation.archives import archive, head, labelled

QUICK = replace(RECIPE, epochs=8, patience=3, learning_rate=2e-3)
ROWS = 2000  # of new recordings, to measure on


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
