"""How good scores are, with the zero conventions named (as MMSA's metricsTop.py defines them)."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

FloatArray = npt.NDArray[np.floating]


def regression_metrics(predicted: FloatArray, label: FloatArray) -> dict[str, float]:
    """MAE, Pearson's r, Non0 accuracy and weighted F1, Acc7, of (rows,) sentiments in [-3, 3].

    Non0: rows with label 0 left out, positive against not positive. Acc7: both rounded to whole
    numbers (half to even, as numpy does). r is 0 where one side is constant. Empty input gives {}.
    """
    if not len(label):
        return {}
    predicted, label = predicted.astype(np.float64), label.astype(np.float64)
    constant = predicted.std() == 0 or label.std() == 0
    metrics = {
        "rows": float(len(label)),
        "mae": float(np.abs(predicted - label).mean()),
        "r": 0.0 if constant else float(np.corrcoef(predicted, label)[0, 1]),
        "acc7": float((np.round(predicted.clip(-3, 3)) == np.round(label.clip(-3, 3))).mean()),
    }
    signed = label != 0
    if signed.any():
        truth, said = label[signed] > 0, predicted[signed] > 0
        metrics["non0_accuracy"] = float((truth == said).mean())
        metrics["non0_f1"] = float(f1_score(truth, said, average="weighted"))
    return metrics
