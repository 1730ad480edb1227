"""Which utterances are chosen: a random sample with known chances, spread and uncertain."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.adaptation.choose import choose, uncertainty
from daf_core.schemas import polarity_number


def scored(rows: int, recordings: int, seed: int = 0) -> pa.Table:
    """Scores of which few are negative; some intervals are wide, some values null."""
    draw = np.random.default_rng(seed)
    sentiment = np.clip(draw.normal(1, 1, rows), -3, 3)
    width = draw.uniform(0.5, 3, rows)
    nulls = draw.uniform(size=rows) < 0.3
    return pa.table(
        {
            "utterance_id": [f"u{row}" for row in range(rows)],
            "recording_id": [f"r{row % recordings}" for row in range(rows)],
            "sentiment": pa.array(sentiment, pa.float32()),
            "interval_low": pa.array(sentiment - width / 2, pa.float32()),
            "interval_high": pa.array(sentiment + width / 2, pa.float32()),
            "polarity_probability": pa.array(draw.uniform(0.3, 1, rows), pa.float32()),
            "disagreement": pa.array(draw.uniform(0, 2, rows), pa.float32(), mask=nulls),
        }
    )


@settings(max_examples=40)
@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 120), st.integers(0, 9))
def test_so_many_rows_are_chosen_each_once(rows, recordings, number, seed) -> None:
    table = scored(rows, recordings)
    chosen = choose(table, number, seed)
    ids = chosen["utterance_id"].to_pylist()
    assert len(ids) == len(set(ids)) == min(rows, number)
    assert chosen.equals(choose(table, number, seed))
    stands_for = chosen["stands_for"].to_numpy()
    assert (stands_for >= 1 - 1e-9).all()
    assert (stands_for <= 2 * rows / len(ids) + 1e-6).all()  # no label counts more than twice


def test_what_rows_stand_for_adds_up_to_the_archive() -> None:
    """Over many draws, sums weighted by stands_for are those of all rows: the sample is fair."""
    table = scored(600, 30)
    sums, means = [], []
    for seed in range(300):
        chosen = choose(table, 40, seed)
        weights = chosen["stands_for"].to_numpy()
        sums.append(weights.sum())
        means.append(np.average(chosen["sentiment"].to_numpy(), weights=weights))
    assert np.mean(sums) == pytest.approx(600, rel=0.02)
    assert np.mean(means) == pytest.approx(table["sentiment"].to_numpy().mean(), abs=0.03)


def test_recordings_and_polarities_are_spread_and_uncertain_rows_are_preferred() -> None:
    table = scored(3000, 100)
    chosen = choose(table, 100, 0)
    per_recording = np.unique(chosen["recording_id"].to_pylist(), return_counts=True)[1]
    assert len(per_recording) >= 80
    assert per_recording.max() <= 3
    of_all, of_chosen = (
        np.bincount(polarity_number(one["sentiment"].to_numpy()), minlength=3) / len(one)
        for one in (table, chosen)
    )
    assert of_chosen[0] > 1.5 * of_all[0]  # negative ones are few
    unsure = uncertainty(table)
    places = [int(one[1:]) for one in chosen["utterance_id"].to_pylist()]
    assert unsure[places].mean() > unsure.mean() + 0.03


def test_scores_without_intervals_are_chosen_from_too() -> None:
    table = scored(50, 5)
    bare = table.set_column(
        table.schema.get_field_index("interval_low"), "interval_low", pa.nulls(50, pa.float32())
    )
    for name in ("interval_high", "polarity_probability", "disagreement"):
        bare = bare.set_column(bare.schema.get_field_index(name), name, pa.nulls(50, pa.float32()))
    assert len(choose(bare, 10, 0)) == 10
