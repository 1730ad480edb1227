"""What heads say about labelled rows that they were adapted without, and intervals from that."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from daf_core.adaptation.candidates import AdaptedHead, Candidate, views
from daf_core.adaptation.fine_tune import folds
from daf_core.adaptation.intervals import calibrate_on_few
from daf_core.adaptation.labelled_rows import Index, LabelledRows
from daf_core.arrays import FloatArray
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.measures.calibration import Certainty, certainty
from daf_core.measures.calibration_values import Calibrations

FOLDS = 5


@dataclass(frozen=True)
class View:
    """Rows of which one set of modalities is shown: `index` of the rows, and logits for them."""

    index: Index
    logits: Tensor


@dataclass(frozen=True)
class HeldOut:
    """Predictions for labelled rows by a head that was adapted without the row's recording.

    own: (rows, NUM_BINS) logits with the modalities that each row has; views: by set of modalities;
    fold: (rows,) in which fold the row was left out.
    """

    own: Tensor
    views: dict[str, View]
    fold: npt.NDArray[np.int64]


def predict_held_out(
    start: AdaptedHead, way: Candidate, labelled: LabelledRows, modalities: list[str], seed: int
) -> HeldOut:
    """Predictions for all rows by cross-validation with FOLDS folds of recordings.

    Args:
        modalities: that the head reads.
    """
    own = torch.zeros(len(labelled), NUM_BINS)
    pieces: dict[str, list[View]] = {}
    fold_of = np.zeros(len(labelled), np.int64)
    for number, (left_out, others) in enumerate(folds(labelled.clusters, FOLDS, seed)):
        fold_of[left_out] = number
        head, rows = way.fit(start, labelled.select(others)), labelled.select(left_out)
        own[torch.from_numpy(left_out)] = head.predict(rows, rows.rows.present).logits
        for name, index, shown in views(rows, modalities):
            logits = head.predict(rows.select(index), shown).logits
            pieces.setdefault(name, []).append(View(left_out[index], logits))
    joined = {
        name: View(
            np.concatenate([one.index for one in several]),
            torch.cat([one.logits for one in several]),
        )
        for name, several in pieces.items()
    }
    return HeldOut(own, joined, fold_of)


def calibrations_of(
    found: HeldOut, labelled: LabelledRows, before: Calibrations, without: int | None = None
) -> Calibrations:
    """Calibrations by held-out predictions, of all folds or `without` one. A set of modalities with
    too few rows keeps the calibration of before.
    """
    calibrations = dict(before)
    for name, view in found.views.items():
        kept = np.flatnonzero(found.fold[view.index] != without)
        rows = torch.from_numpy(view.index[kept])
        weights = labelled.weights[view.index[kept]]
        new = calibrate_on_few(
            view.logits[torch.from_numpy(kept)],
            labelled.rows.labels[rows],
            weights / weights.mean() if len(weights) else weights,
            before.get(name),
        )
        if new is not None:
            calibrations[name] = new
    return calibrations


def held_out_intervals(
    found: HeldOut, labelled: LabelledRows, before: Calibrations
) -> tuple[FloatArray, FloatArray]:
    """Ends of the intervals (rows,) of held-out rows, each calibrated by rows of other folds."""
    low, high = np.full(len(labelled), np.nan), np.full(len(labelled), np.nan)
    for fold in np.unique(found.fold):
        rows = np.flatnonzero(found.fold == fold)
        intervals = intervals_of(
            calibrations_of(found, labelled, before, int(fold)), found, labelled, rows
        )
        low[rows], high[rows] = intervals.low, intervals.high
    return low, high


def intervals_of(
    calibrations: Calibrations, found: HeldOut, labelled: LabelledRows, rows: Index
) -> Certainty:
    """Certainty of some of the held-out rows by these calibrations."""
    index = torch.from_numpy(rows)
    return certainty(calibrations, found.own[index], labelled.rows.present[index])
