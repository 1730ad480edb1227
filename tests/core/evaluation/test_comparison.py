"""Intervals and p-values: right when there is a difference, right when there is none."""

import numpy as np

from daf_core.evaluation.comparison import (
    LEAST_RECORDINGS,
    draws_recordings,
    mean_interval,
    paired_difference,
)


def errors(seeds: int, rows: int, mean: float, seed: int) -> np.ndarray:
    """Absolute errors that share what is hard about a row."""
    hard = np.random.default_rng(99).normal(size=rows)
    own = np.random.default_rng(seed).normal(size=(seeds, rows))
    return np.abs(hard + 0.3 * own) + mean


def test_a_difference_is_found_with_its_size() -> None:
    found = paired_difference(errors(5, 800, 0.45, 1), errors(5, 800, 0.5, 2))
    assert found.low < -0.05 < found.high < 0
    assert found.p < 0.001
    assert np.isclose(found.mean, (errors(5, 800, 0.45, 1) - errors(5, 800, 0.5, 2)).mean())


def test_the_same_is_not_different() -> None:
    same = errors(3, 200, 0.5, 1)
    found = paired_difference(same, same)
    assert (found.mean, found.p) == (0, 1)
    assert found.low <= 0 <= found.high


def test_rounding_is_no_difference() -> None:
    same = errors(3, 200, 0.5, 1).astype(np.float32)
    found = paired_difference(same + np.float32(1e-7), same, same_seeds=True)
    assert (found.mean, found.p) == (0, 1)


def test_without_a_difference_intervals_hold_zero_as_often_as_they_say() -> None:
    """95 %: of 60 pairs of equal heads 3 fall outside on average, over 9 once in 1,000 times."""
    trials = [
        paired_difference(errors(3, 150, 0.5, 2 * i), errors(3, 150, 0.5, 2 * i + 1))
        for i in range(60)
    ]
    assert sum(not trial.low <= 0 <= trial.high for trial in trials) <= 9
    assert sum(trial.p < 0.05 for trial in trials) <= 9


def test_other_seeds_widen_the_interval() -> None:
    """Seeds that differ by more than rows do must show."""
    base = errors(4, 2000, 0.5, 1)
    shifts = np.array([-0.1, -0.03, 0.03, 0.1])[:, None]
    steady, unsteady = paired_difference(base, base), paired_difference(base + shifts, base)
    assert unsteady.high - unsteady.low > 3 * (steady.high - steady.low)


def test_what_a_training_shares_with_itself_does_not_widen_it() -> None:
    base = errors(4, 2000, 0.5, 1) + np.array([-0.1, -0.03, 0.03, 0.1])[:, None]
    other = base + 0.01 + 0.01 * np.random.default_rng(3).normal(size=base.shape)
    same, apart = paired_difference(other, base, same_seeds=True), paired_difference(other, base)
    assert 0 < same.low < 0.01 < same.high
    assert apart.low < 0


def test_the_same_numbers_each_time() -> None:
    one, other = errors(2, 100, 0.4, 1), errors(2, 100, 0.5, 2)
    assert paired_difference(one, other) == paired_difference(one, other)


def test_rows_of_one_recording_say_no_more_than_they_do_together() -> None:
    """The same rows four times, in an order of chance, are as uncertain as once."""
    one, other = errors(3, 200, 0.48, 1), errors(3, 200, 0.5, 2)
    order = np.random.default_rng(5).permutation(800)
    four, others = (np.tile(each, 4)[:, order] for each in (one, other))
    recordings = np.tile(np.arange(200) - 2**62, 4)[order]
    once = paired_difference(one, other)
    together = paired_difference(four, others, recordings)
    apart = paired_difference(four, others)
    assert np.isclose(once.mean, together.mean)
    assert np.allclose([once.low, once.high], [together.low, together.high], atol=0.003)
    assert np.isclose(once.p, together.p, atol=0.01)
    assert apart.high - apart.low < 0.6 * (together.high - together.low)
    assert apart.p < together.p


def test_recordings_that_differ_from_each_other_are_not_taken_for_a_difference() -> None:
    """Of 60 pairs of equal heads 3 fall outside on average, over 9 once in 1,000 times."""
    recordings = np.repeat(np.arange(40), 10)
    trials = []
    for number in range(60):
        draw = np.random.default_rng(number)
        own, base = (0.3 * draw.normal(size=(1, 40)).repeat(10, axis=1) for _ in range(2))
        trials.append(paired_difference(np.abs(own) + 0.5, np.abs(base) + 0.5, recordings))
    assert sum(not trial.low <= 0 <= trial.high for trial in trials) <= 9
    assert sum(trial.p < 0.05 for trial in trials) <= 9


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says() -> None:
    """Recordings that differ, with ten rows each; rows alone would give a third of the width."""
    recordings = np.repeat(np.arange(40), 10)
    held = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        own = generator.normal(1, 0.3, 40)[recordings]
        low, high = mean_interval((own + generator.normal(0, 0.1, 400))[None], recordings)
        held += low <= 1 <= high
    assert 52 <= held <= 60


def test_few_recordings_are_not_drawn() -> None:
    few = np.arange(300) % (LEAST_RECORDINGS - 1)
    assert not draws_recordings(few)
    assert not draws_recordings(None)
    assert draws_recordings(np.arange(LEAST_RECORDINGS))
    one, other = errors(2, 300, 0.4, 1), errors(2, 300, 0.5, 2)
    assert paired_difference(one, other, few) == paired_difference(one, other)
