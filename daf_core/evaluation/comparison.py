"""The difference between two heads in error, on the same test rows, with several seeds each."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

from daf_core.arrays import FloatArray

RESAMPLES = 9999
CHUNK = 500  # resamples at once; they take CHUNK × rows numbers


@dataclass(frozen=True)
class Difference:
    """Mean difference of errors, its 95 % interval, and the p-value of no difference."""

    mean: float
    low: float
    high: float
    p: float


def paired_difference(
    errors: FloatArray, baseline: FloatArray, same_seeds: bool = False, seed: int = 0
) -> Difference:
    """The mean difference of two heads' errors, a head's minus a baseline's: below 0 the head is
    better.

    The interval is a percentile bootstrap over rows and seeds, each drawn independently (the
    pigeonhole bootstrap of Owen 2007, Annals of Applied Statistics 1): it covers what other rows
    and other seeds would give. The p-value is that of a permutation test that swaps the heads row
    by row, on the mean over seeds.

    Args:
        errors, baseline: (seeds, rows) errors of the same rows, whose mean is the metric, as of
            MAE.
        same_seeds: whether seed i of both is one and the same training.
        seed: of resampling and permutation.
    """
    differences = errors.mean(axis=0) - baseline.mean(axis=0)
    generator = np.random.default_rng(seed)
    terms: list[FloatArray] = [errors - baseline] if same_seeds else [errors, -baseline]
    means = [
        resampled
        for start in range(0, RESAMPLES, CHUNK)
        for resampled in _resampled(terms, min(CHUNK, RESAMPLES - start), generator)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    test = permutation_test(
        (differences, np.zeros_like(differences)),
        lambda one, other, axis: (one - other).mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        batch=CHUNK,
        rng=np.random.default_rng(seed),
    )
    return Difference(float(differences.mean()), float(low), float(high), float(test.pvalue))


def _resampled(terms: list[FloatArray], times: int, generator: np.random.Generator) -> FloatArray:
    """(times,) means of the sum of the terms (seeds, rows), whose seeds and rows are drawn with
    replacement: seeds for each term, rows for all of them.
    """
    by_row: FloatArray = np.sum(
        [_mean_of_drawn_seeds(term, times, generator) for term in terms], axis=0
    )
    rows = generator.integers(0, by_row.shape[1], by_row.shape)
    mean: FloatArray = np.take_along_axis(by_row, rows, axis=1).mean(axis=1)
    return mean


def _mean_of_drawn_seeds(
    term: FloatArray, times: int, generator: np.random.Generator
) -> FloatArray:
    """(times, rows): each row's mean over seeds, as many as there are, drawn with replacement."""
    seeds = len(term)
    counts = generator.multinomial(seeds, np.full(seeds, 1 / seeds), times)
    mean: FloatArray = counts @ term / seeds
    return mean
