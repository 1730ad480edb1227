"""Which way to adapt a head, by cross-validation that leaves out whole recordings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.adaptation.labelled_rows import Index
from daf_core.arrays import FloatArray

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Decision:
    """The candidate that was chosen (0: no sentiment changes), and the difference of its mean
    absolute error on held-out recordings from that of the head as it is; below 0 it is better.
    """

    chosen: int
    difference: Estimate


def decide(
    errors: FloatArray, weights: FloatArray, clusters: Index, allowed: Sequence[int], seed: int = 0
) -> Decision:
    """Choose among candidates by their errors on held-out rows.

    The simplest candidate is taken whose error is within one standard error of the smallest
    (Breiman, Friedman, Olshen and Stone 1984). Having chosen the best makes its error look too
    small; resamples of the recordings say by how much: in each, the choice is made on the
    recordings drawn and measured on the others (Tsamardinos, Greasidou and Borboudakis 2018,
    Machine Learning 107). If what is left is no gain, candidate 0 is taken.

    Args:
        errors: (candidates, rows) absolute errors on held-out rows, from the simplest candidate to
            the most thorough one; candidate 0 has the sentiments of the head as it is.
        weights: (rows,); clusters: (rows,) which rows belong together.
        allowed: the candidates to choose from, at least one, from the simplest on.
    """
    sums, total = _by_cluster(errors, weights, clusters)
    names = np.array(allowed)
    once = np.ones((1, len(total)))
    chosen = int(names[_choice(sums[names], total, once)[0]])
    draws = _draws(len(total), seed)
    difference = _difference(sums, total, chosen, draws)
    if len(allowed) == 1:
        return Decision(chosen, difference)
    choice = names[_choice(sums[names], total, draws)]
    left_out = draws == 0
    measurable = (left_out @ total) > 0
    off = (sums[choice] - sums[0]) * left_out
    honest = float((off.sum(axis=1)[measurable] / (left_out @ total)[measurable]).mean())
    worse_by = max(0.0, honest - difference.value) if chosen else 0.0
    if chosen and 0 in allowed and difference.value + worse_by >= 0:
        return Decision(0, Estimate(0.0, 0.0, 0.0))
    moved = Estimate(
        *(one + worse_by for one in (difference.value, difference.low, difference.high))
    )
    return Decision(chosen, moved)


def estimate(values: FloatArray, weights: FloatArray, clusters: Index, seed: int = 0) -> Estimate:
    """The weighted mean of (rows,) values, with the percentile interval of a bootstrap over
    clusters of rows.
    """
    sums, total = _by_cluster(values[None], weights, clusters)
    draws = _draws(len(total), seed)
    means = (draws @ sums[0]) / (draws @ total)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sums[0].sum() / total.sum()), float(low), float(high))


def _by_cluster(
    values: FloatArray, weights: FloatArray, clusters: Index
) -> tuple[FloatArray, FloatArray]:
    """Weighted sums of (candidates, rows) values by cluster, and the weights of each cluster."""
    _, number = np.unique(clusters, return_inverse=True)
    sums: FloatArray = np.stack([np.bincount(number, weights * one) for one in values])
    total: FloatArray = np.bincount(number, weights).astype(np.float64)
    return sums.astype(np.float64), total


def _draws(clusters: int, seed: int) -> FloatArray:
    """(RESAMPLES, clusters): how often each cluster is drawn, with replacement."""
    generator = np.random.default_rng(seed)
    drawn: FloatArray = generator.multinomial(
        clusters, np.full(clusters, 1 / clusters), RESAMPLES
    ).astype(np.float64)
    return drawn


def _difference(sums: FloatArray, total: FloatArray, chosen: int, draws: FloatArray) -> Estimate:
    off = sums[chosen] - sums[0]
    means = (draws @ off) / (draws @ total)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(off.sum() / total.sum()), float(low), float(high))


def _choice(sums: FloatArray, total: FloatArray, draws: FloatArray) -> Index:
    """(resamples,): the simplest candidate within one standard error of the best, in each."""
    weight = draws @ total
    means = (draws @ sums.T) / weight[:, None]
    best = means.argmin(axis=1)
    choice: Index = best.astype(np.intp)
    for candidate in reversed(range(len(sums))):
        off = sums[candidate] - sums[best]
        mean = means[:, candidate] - means[np.arange(len(draws)), best]
        squares = (draws * (off - mean[:, None] * total) ** 2).sum(axis=1)
        drawn = draws.sum(axis=1)
        error = np.sqrt(squares * drawn / np.maximum(drawn - 1, 1)) / weight
        choice[mean <= error] = candidate
    return choice
