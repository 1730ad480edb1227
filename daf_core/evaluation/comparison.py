"""Is one head better than another? Both on the same test rows, several seeds each."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

from daf_core.arrays import FloatArray

RESAMPLES = 9999
CHUNK = 500  # resamples at once: so many × rows numbers


@dataclass(frozen=True)
class Difference:
    """Mean difference of errors, its 95 % interval, and p of no difference."""

    mean: float
    low: float
    high: float
    p: float


def paired_difference(
    errors: FloatArray, baseline: FloatArray, same_seeds: bool = False, seed: int = 0
) -> Difference:
    """How much smaller (below 0) or larger the errors of a head are than a baseline's.

    Both (seeds, rows), of the same rows; with `same_seeds` seed i of both is one and the same
    training. Of a metric that is a mean over rows, such as MAE.

    The interval is a percentile bootstrap of rows and seeds at once, each drawn on its own (the
    pigeonhole bootstrap of Owen 2007, Annals of Applied Statistics 1): it says what other rows and
    other seeds would give. p is that of a permutation test in which the two swap places row by row
    (scipy), on the mean over seeds.
    """
    apart = errors.mean(axis=0) - baseline.mean(axis=0)
    draw = np.random.default_rng(seed)
    made: list[FloatArray] = [errors - baseline] if same_seeds else [errors, -baseline]
    means = [
        resampled
        for start in range(0, RESAMPLES, CHUNK)
        for resampled in _resampled(made, min(CHUNK, RESAMPLES - start), draw)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    test = permutation_test(
        (apart, np.zeros_like(apart)),
        lambda one, other, axis: (one - other).mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        batch=CHUNK,
        rng=np.random.default_rng(seed),
    )
    return Difference(float(apart.mean()), float(low), float(high), float(test.pvalue))


def _resampled(made: list[FloatArray], times: int, draw: np.random.Generator) -> FloatArray:
    """(times,) means of the sum of `made`, each of rows and seeds drawn with replacement."""
    apart: FloatArray = np.sum([_mean_of_drawn_seeds(one, times, draw) for one in made], axis=0)
    rows = draw.integers(0, apart.shape[1], apart.shape)
    mean: FloatArray = np.take_along_axis(apart, rows, axis=1).mean(axis=1)
    return mean


def _mean_of_drawn_seeds(made: FloatArray, times: int, draw: np.random.Generator) -> FloatArray:
    """(times, rows): each the mean over as many seeds as there are, drawn with replacement."""
    seeds = len(made)
    counts = draw.multinomial(seeds, np.full(seeds, 1 / seeds), times)
    mean: FloatArray = counts @ made / seeds
    return mean
