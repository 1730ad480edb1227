"""Adapt a head to labelled rows of an archive: choose how, calibrate, measure what was gained."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from daf_core.adaptation.candidates import METHODS, AdaptedHead, Method, every_candidate
from daf_core.adaptation.decide import Estimate, decide, estimate
from daf_core.adaptation.fine_tune import RECIPE
from daf_core.adaptation.held_out import (
    HeldOut,
    calibrations_of,
    held_out_intervals,
    intervals_of,
    predict_held_out,
)
from daf_core.adaptation.intervals import LEAST_ROWS, coverage_of, effective_rows
from daf_core.adaptation.labelled_rows import LabelledRows
from daf_core.arrays import FloatArray
from daf_core.errors import SettingsError
from daf_core.heads.sentiment_bins import median
from daf_core.measures.calibration_values import Calibrations
from daf_core.stages.trained_head import TrainedHead, encoded_weights
from daf_core.storage.run_record import Json
from daf_core.training.recipe import Recipe


@dataclass(frozen=True)
class Measured:
    """Figures of a head on labelled rows: r, Pearson's; coverage, the share of intervals that hold
    the label, and width, their mean width, both None where rows have no intervals.
    """

    mae: float
    r: float
    coverage: Estimate | None
    width: float | None


@dataclass(frozen=True)
class Outcome:
    """What adapting a head did, measured on recordings that the measured head was adapted without.

    name: of the way that was chosen; method: its kind; mae: of each way that was tried; difference:
    of the chosen one's error from that of the head as it is; coverage_range: of nine of ten sets
    of so many labels, the share of new rows that their intervals hold; rows, recordings: how many
    are labelled.
    """

    name: str
    method: Method
    mae: dict[str, float]
    difference: Estimate
    before: Measured
    after: Measured
    coverage_range: tuple[float, float]
    rows: int
    recordings: int

    @property
    def is_worse(self) -> bool:
        """Whether the error on held-out recordings grew."""
        return self.difference.value > 0

    def as_dict(self) -> Json:
        """As JSON."""
        return asdict(self)


def adapt(
    head: TrainedHead,
    labelled: LabelledRows,
    methods: Sequence[Method] = METHODS,
    seed: int = 0,
    recipe: Recipe = RECIPE,
) -> tuple[TrainedHead, Outcome]:
    """The head adapted to labelled rows, and what was gained.

    What happens to sentiments is decided by cross-validation on held-out recordings (`decide`)
    among the `methods`. Intervals are calibrated on what heads say about rows that they were
    adapted without. A set of modalities with too few rows keeps its calibration.

    Args:
        seed: of folds and fine-tuning; recipe: of fine-tuning.

    Raises:
        SettingsError: there are less than LEAST_ROWS labelled rows.
    """
    if len(labelled) < LEAST_ROWS:
        raise SettingsError(
            f"`labels`: expected {LEAST_ROWS} labelled rows or more that the head can score, found "
            f"{len(labelled)}; label more"
        )
    ways = every_candidate(labelled, seed, recipe)
    tried = [way for way in ways if way.method in ("calibrate", *methods)]
    start = AdaptedHead(head.module, head.record.adjustment)
    found = [predict_held_out(start, way, labelled, head.modalities, seed) for way in tried]
    errors = np.stack([np.abs(_sentiment(one) - labelled.labels) for one in found])
    allowed = [number for number, way in enumerate(tried) if way.method in methods]
    decision = decide(errors, labelled.weights, labelled.clusters, allowed)
    way, chosen = tried[decision.chosen], found[decision.chosen]
    mae = {
        one.name: float(np.average(own, weights=labelled.weights))
        for one, own in zip(tried, errors, strict=True)
    }
    every = np.arange(len(labelled))
    held = intervals_of(head.calibrations, found[0], labelled, every)
    outcome = Outcome(
        name=way.name,
        method=way.method,
        mae=mae,
        difference=decision.difference,
        before=_measured(found[0], labelled, held.low, held.high),
        after=_measured(chosen, labelled, *held_out_intervals(chosen, labelled, head.calibrations)),
        coverage_range=coverage_of(effective_rows(labelled.weights)),
        rows=len(labelled),
        recordings=len(np.unique(labelled.recordings)),
    )
    calibrations = calibrations_of(chosen, labelled, head.calibrations)
    return _written(head, way.fit(start, labelled), calibrations, outcome), outcome


def _written(
    head: TrainedHead, adapted: AdaptedHead, calibrations: Calibrations, outcome: Outcome
) -> TrainedHead:
    """The adapted head as it is stored; the facts of the head that it was stay."""
    weights = head.weights
    if outcome.method == "fine-tune":
        weights = encoded_weights(adapted.module, head.familiarity)
    facts = {"from": head.record.sha256, **outcome.as_dict()}
    if earlier := head.record.facts.get("adaptation"):
        facts["earlier"] = earlier
    record = replace(
        head.record,
        sha256=hashlib.sha256(weights).hexdigest(),
        calibrations=calibrations,
        adjustment=adapted.adjustment,
        facts={**head.record.facts, "adaptation": facts},
    )
    return TrainedHead(record, weights)


def _measured(
    found: HeldOut, labelled: LabelledRows, low: FloatArray, high: FloatArray
) -> Measured:
    sentiment, labels, weights = _sentiment(found), labelled.labels, labelled.weights
    has = ~np.isnan(low)
    coverage = width = None
    if has.any():
        # Float32 arithmetic of the ends may miss a label at an end by a rounding error.
        inside = (low <= labels + 1e-4) & (labels <= high + 1e-4)
        coverage = estimate(inside[has].astype(float), weights[has], labelled.clusters[has])
        width = float(np.average((high - low)[has], weights=weights[has]))
    mae = float(np.average(np.abs(sentiment - labels), weights=weights))
    return Measured(mae, _correlation(sentiment, labels, weights), coverage, width)


def _correlation(one: FloatArray, other: FloatArray, weights: FloatArray) -> float:
    """Pearson's, weighted; 0 where either is constant."""
    covariance = np.cov(np.stack([one, other]), aweights=weights)
    spread = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
    return float(covariance[0, 1] / spread) if spread > 0 else 0.0


def _sentiment(found: HeldOut) -> FloatArray:
    sentiment: FloatArray = median(found.own).numpy().astype(np.float64)
    return sentiment
