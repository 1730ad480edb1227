"""Offsets of a head's sentiments on an archive, shrunk by how little few labels say of them.

Every estimate d with standard error s is multiplied by max(0, 1 - s² / d²): the empirical Bayes
estimate of a mean whose prior variance is measured on itself (positive-part James and Stein; Efron
and Morris 1973, Journal of the American Statistical Association 68). An offset within its error is
0, a clear one is kept. Standard errors are over recordings (Liang and Zeger 1986, Biometrika 73):
rows of one recording say less than as many rows of several.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.adaptation.labelled_rows import Index
from daf_core.arrays import FloatArray
from daf_core.measures.adjustment_values import Affine

SCALES = (0.5, 2.0)


@dataclass(frozen=True)
class Residuals:
    """What one set of modalities predicts for labelled rows.

    sentiment, labels, weights: (rows,); clusters: (rows,) which rows belong together.
    """

    sentiment: FloatArray
    labels: FloatArray
    weights: FloatArray
    clusters: Index


def fit_affine(found: Residuals, scaled: bool) -> Affine:
    """The shift, and if `scaled` the scale, of rows with one set of modalities."""
    w, x, y = found.weights, found.sentiment, found.labels
    centre = np.average(x, weights=w)
    off = y - x
    mean = np.average(off, weights=w)
    shift = shrunk(mean, _variance(w * (off - mean), w.sum(), found.clusters))
    scale = 1.0
    spread = float((w * (x - centre) ** 2).sum())
    if scaled and spread > 1e-6:
        slope = float((w * (x - centre) * (y - mean - centre)).sum() / spread)
        left = y - mean - centre - slope * (x - centre)
        error = _variance(w * (x - centre) * left, spread, found.clusters)
        scale = float(np.clip(1 + shrunk(slope - 1, error), *SCALES))
    return Affine(scale, float(centre + shift - scale * centre), len(y))


def shrunk(estimate: float, variance: float) -> float:
    """The estimate, shrunk towards 0."""
    if not np.isfinite(variance) or estimate == 0:
        return 0.0
    return float(estimate * max(0.0, 1 - variance / estimate**2))


def group_shifts(
    left: FloatArray, groups: Sequence[str | None], weights: FloatArray, clusters: Index
) -> dict[str, float]:
    """What to add for each group, from what is left (rows,) of labels minus sentiments.

    Means of groups are shrunk towards 0 by how much groups differ beyond their errors: with
    variance t between groups, by t / (t + the variance of a group's mean) (DerSimonian and Laird
    1986, Controlled Clinical Trials 7). Rows without a group have no shift.
    """
    names = sorted({name for name in groups if name is not None})
    if len(names) < 2:
        return {}
    number = np.array([names.index(name) if name is not None else -1 for name in groups])
    within, between = _components(left, number, clusters)
    means, variances = np.zeros(len(names)), np.zeros(len(names))
    for group in range(len(names)):
        own = number == group
        recordings = len(np.unique(clusters[own]))
        means[group] = np.average(left[own], weights=weights[own])
        variances[group] = within / own.sum() + between / recordings
    inverse = 1 / np.maximum(variances, 1e-9)
    apart = (inverse * (means - np.average(means, weights=inverse)) ** 2).sum()
    excess = apart - (len(names) - 1)
    variance = max(0.0, excess / (inverse.sum() - (inverse**2).sum() / inverse.sum()))
    shifts = means * variance / (variance + variances + 1e-12)
    return {name: float(shift) for name, shift in zip(names, shifts, strict=True) if shift}


def _components(left: FloatArray, group: Index, clusters: Index) -> tuple[float, float]:
    """Variance of rows within a recording, and of recordings within a group (nested analysis of
    variance, by moments; at least 0).
    """
    inside = group >= 0
    keys = np.unique(np.stack([group[inside], clusters[inside]]), axis=1, return_inverse=True)
    pairs, cell = keys[0], keys[1].ravel()
    count = np.bincount(cell)
    mean = np.bincount(cell, left[inside]) / count
    rows, cells, groups = int(inside.sum()), len(count), len(np.unique(pairs[0]))
    squares = float(((left[inside] - mean[cell]) ** 2).sum())
    of_group = np.bincount(pairs[0], mean * count) / np.maximum(np.bincount(pairs[0], count), 1)
    apart = float((count * (mean - of_group[pairs[0]]) ** 2).sum())
    if rows == cells:  # one row a recording: the two cannot be told apart
        return apart / max(cells - groups, 1), 0.0
    within = squares / (rows - cells)
    if cells == groups:
        return within, 0.0
    size = (rows - float((count**2 / np.bincount(pairs[0], count)[pairs[0]]).sum())) / (
        cells - groups
    )
    return within, max(0.0, (apart / (cells - groups) - within) / max(size, 1e-9))


def _variance(terms: FloatArray, total: float, clusters: Index) -> float:
    """Variance, over clusters, of a weighted mean whose rows contribute `terms` / `total`."""
    _, number = np.unique(clusters, return_inverse=True)
    sums = np.bincount(number, terms)
    if len(sums) < 2:
        return float("inf")
    return float((sums**2).sum() / total**2 * len(sums) / (len(sums) - 1))
