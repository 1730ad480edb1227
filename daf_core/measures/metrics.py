"""Metrics of scores, each with its convention named.

Regression metrics follow MMSA's metricsTop.py (commit a94e65d): Has0 and Non0, and Acc5 and Acc7
with numpy's rounding. Added are Acc7 by CMU's own rule (CMU-MultimodalSDK, README of MOSEI) and the
concordance correlation coefficient (Lin 1989, Biometrics 45). Predictions are clipped for the
classes only.
"""

import numpy as np
import numpy.typing as npt

from daf_core.arrays import AnyArray, FloatArray


def regression_metrics(predicted: FloatArray, label: FloatArray) -> dict[str, float]:
    """Metrics of predicted sentiments (rows,) against labels (rows,) in [-3, 3]; {} without rows.

    - mae; r, Pearson's, and ccc, both 0 where predictions or labels are constant;
    - has0_accuracy, has0_f1: all rows, negative against not negative;
    - non0_accuracy, non0_f1: rows whose label is not 0, positive against not positive; both F1 are
      weighted by the rows of each class;
    - acc5, acc7: both clipped to [-2, 2] or [-3, 3] and rounded, half to even;
    - acc7_cmu: both clipped to [-3, 3] and rounded away from zero, as CMU defines MOSEI's classes.
    """
    if not len(label):
        return {}
    predicted, label = predicted.astype(np.float64), label.astype(np.float64)
    metrics = {
        "rows": float(len(label)),
        "mae": float(np.abs(predicted - label).mean()),
        **_correlations(predicted, label),
        **_two_classes("has0", predicted >= 0, label >= 0),
        "acc5": _share_equal(np.round(predicted.clip(-2, 2)), np.round(label.clip(-2, 2))),
        "acc7": _share_equal(np.round(predicted.clip(-3, 3)), np.round(label.clip(-3, 3))),
        "acc7_cmu": _share_equal(_away_from_zero(predicted), _away_from_zero(label)),
    }
    signed = label != 0
    if signed.any():
        metrics |= _two_classes("non0", predicted[signed] > 0, label[signed] > 0)
    return metrics


def class_metrics(predicted: npt.NDArray[np.int_], label: npt.NDArray[np.int_]) -> dict[str, float]:
    """Accuracy, UAR, weighted and macro F1 of predicted classes (rows,); {} without rows.

    UAR, unweighted average recall, is the mean recall over the classes that occur as labels.
    """
    if not len(label):
        return {}
    right, rows, found = _counts(predicted, label)
    f1 = 2 * right / (rows + found)
    return {
        "accuracy": float(right.sum() / len(label)),
        "uar": float((right[rows > 0] / rows[rows > 0]).mean()),
        "weighted_f1": float(np.average(f1, weights=rows)),
        "macro_f1": float(f1.mean()),
    }


def class_errors(predicted: AnyArray, label: AnyArray) -> FloatArray:
    """Errors (rows,) of predicted classes whose mean is 1 - UAR: 0 where the class is right, else
    rows / (classes that occur as labels · rows of the own class).
    """
    _, own, counts = np.unique(label, return_inverse=True, return_counts=True)
    weight = len(label) / (len(counts) * counts[own])
    errors: FloatArray = weight * (predicted != label)
    return errors


def _correlations(predicted: FloatArray, label: FloatArray) -> dict[str, float]:
    if predicted.std() == 0 or label.std() == 0:
        return {"r": 0.0, "ccc": 0.0}
    r = float(np.corrcoef(predicted, label)[0, 1])
    bias = (predicted.mean() - label.mean()) ** 2
    total = predicted.var() + label.var() + bias
    return {"r": r, "ccc": float(2 * r * predicted.std() * label.std() / total)}


def _two_classes(
    name: str, predicted: npt.NDArray[np.bool_], label: npt.NDArray[np.bool_]
) -> dict[str, float]:
    right, rows, found = _counts(predicted, label)
    return {
        f"{name}_accuracy": float((predicted == label).mean()),
        f"{name}_f1": float(np.average(2 * right / (rows + found), weights=rows)),
    }


def _counts(predicted: AnyArray, label: AnyArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of each class that occurs: rows (classes,) that are rightly predicted as it, that have it as
    label, and that are predicted as it.
    """
    classes, numbers = np.unique(np.concatenate([label, predicted]), return_inverse=True)
    own, other = numbers[: len(label)], numbers[len(label) :]
    counts = (np.bincount(one, minlength=len(classes)) for one in (own[own == other], own, other))
    right, rows, found = (one.astype(np.float64) for one in counts)
    return right, rows, found


def _share_equal(one: FloatArray, other: FloatArray) -> float:
    return float((one == other).mean())


def _away_from_zero(sentiment: FloatArray) -> FloatArray:
    clipped = sentiment.clip(-3, 3)
    rounded: FloatArray = np.sign(clipped) * np.ceil(np.abs(clipped))
    return rounded
