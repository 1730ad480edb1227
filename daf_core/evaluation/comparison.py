"""The difference between two heads in error, on the same test rows, with several seeds each."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

from daf_core.arrays import FloatArray, IntArray

RESAMPLES = 9999
ROUNDING = 1e-6
CHUNK = 500  # resamples at once; they take CHUNK × rows numbers
LEAST_RECORDINGS = 10  # that are drawn; fewer say too little about how recordings differ


@dataclass(frozen=True)
class Difference:
    """Mean difference of errors, its 95 % interval, and the p-value of no difference."""

    mean: float
    low: float
    high: float
    p: float


def paired_difference(
    errors: FloatArray,
    baseline: FloatArray,
    recordings: IntArray | None = None,
    *,
    same_seeds: bool = False,
    seed: int = 0,
) -> Difference:
    """The mean difference of two heads' errors, a head's minus a baseline's: below 0 the head is
    better.

    The interval is a percentile bootstrap over recordings and seeds, each drawn independently (the
    pigeonhole bootstrap of Owen 2007, Annals of Applied Statistics 1): it covers what other
    recordings and other seeds would give. Rows of one recording share speakers, a mood and a
    microphone, so they are drawn together. The p-value is that of a permutation test that swaps the
    heads recording by recording, on the mean over seeds. Where recordings are not
    drawn (`draws_recordings`), rows are.

    Args:
        errors, baseline: (seeds, rows) errors of the same rows, whose mean is the metric, as of
            MAE.
        recordings: (rows,) a number for each recording; None: not known.
        same_seeds: whether seed i of both is one and the same training.
        seed: of resampling and permutation.
    """
    order, starts = _by_recording(errors.shape[1], recordings)
    errors, baseline = errors[:, order], baseline[:, order]
    differences = errors.mean(axis=0) - baseline.mean(axis=0)
    differences[np.abs(differences) < ROUNDING] = 0.0  # of float32, which would have signs
    generator = np.random.default_rng(seed)
    terms: list[FloatArray] = [errors - baseline] if same_seeds else [errors, -baseline]
    low, high = _percentiles(terms, starts, generator)
    sums = np.add.reduceat(differences, starts)
    test = permutation_test(
        (sums, np.zeros_like(sums)),
        lambda one, other, axis: (one - other).mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        batch=CHUNK,
        rng=np.random.default_rng(seed),
    )
    return Difference(float(differences.mean()), low, high, float(test.pvalue))


def mean_interval(
    errors: FloatArray, recordings: IntArray | None = None, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of the mean error of one head, over recordings and seeds drawn as in
    `paired_difference`.

    Args:
        errors, recordings, seed: as there.
    """
    order, starts = _by_recording(errors.shape[1], recordings)
    return _percentiles([errors[:, order]], starts, np.random.default_rng(seed))


def draws_recordings(recordings: IntArray | None) -> bool:
    """Whether intervals of rows with these recordings are over recordings; else over rows."""
    return recordings is not None and len(np.unique(recordings)) >= LEAST_RECORDINGS


def _by_recording(rows: int, recordings: IntArray | None) -> tuple[IntArray, IntArray]:
    """(rows,) the order that brings rows of one recording together, and where each recording starts
    in it. Where recordings are not drawn, each row counts as one.
    """
    if recordings is None or not draws_recordings(recordings):
        recordings = np.arange(rows)
    order = np.argsort(recordings, kind="stable")
    _, starts = np.unique(recordings[order], return_index=True)
    return order, starts


def _percentiles(
    terms: list[FloatArray], starts: IntArray, generator: np.random.Generator
) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile of RESAMPLES means, as `_resampled` draws them."""
    means = [
        resampled
        for start in range(0, RESAMPLES, CHUNK)
        for resampled in _resampled(terms, starts, min(CHUNK, RESAMPLES - start), generator)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _resampled(
    terms: list[FloatArray], starts: IntArray, times: int, generator: np.random.Generator
) -> FloatArray:
    """(times,) means of the sum of the terms (seeds, rows), whose seeds and recordings are drawn
    with replacement: seeds for each term, recordings for all of them. A recording reaches from one
    of `starts` to the next.
    """
    by_row: FloatArray = np.sum(
        [_mean_of_drawn_seeds(term, times, generator) for term in terms], axis=0
    )
    rows = np.diff(starts, append=by_row.shape[1])
    sums = np.add.reduceat(by_row, starts, axis=1)
    chosen = generator.integers(0, len(starts), sums.shape)
    totals = np.take_along_axis(sums, chosen, axis=1).sum(axis=1)
    mean: FloatArray = totals / rows[chosen].sum(axis=1)
    return mean


def _mean_of_drawn_seeds(
    term: FloatArray, times: int, generator: np.random.Generator
) -> FloatArray:
    """(times, rows): each row's mean over seeds, as many as there are, drawn with replacement."""
    seeds = len(term)
    counts = generator.multinomial(seeds, np.full(seeds, 1 / seeds), times)
    mean: FloatArray = counts @ term / seeds
    return mean
