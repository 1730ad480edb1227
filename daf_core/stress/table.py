"""The table of a robustness grid: metrics of each head under each condition."""

from dataclasses import asdict, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.damage.conditions import CLEAN, CONDITIONS
from daf_core.evaluation.comparison import Difference, paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.measures.metrics import regression_metrics

METRICS = ("mae", "r", "non0_accuracy")
NO_DIFFERENCE = dict.fromkeys(field.name for field in fields(Difference))


def robustness(predictions: pa.Table) -> list[dict[str, Any]]:
    """A row for each condition and head; conditions in the order of the grid, heads as predicted.

    A row has condition, kind, level (None: not graded), head, rows; mae, r, non0_accuracy (None:
    all labels are 0); audio_weight, the mean over rows (None: the head has no weights);
    difference_mean, difference_low …, the fields of `comparison.Difference`: the MAE minus the MAE
    of the clean condition on the same rows (None for clean). A head without predictions under a
    condition has no row for it.

    If a head has several predictions for each row, they are of several trainings, and intervals
    are over rows and trainings. With one prediction for each row, intervals are over rows only and
    leave open how another training would differ.
    """
    heads = dict.fromkeys(predictions["head"].to_pylist())
    of_head = {head: predictions.filter(pc.equal(predictions["head"], head)) for head in heads}
    clean = {head: _under(rows, CLEAN.name) for head, rows in of_head.items()}
    table = []
    for condition in CONDITIONS:
        for head in heads:
            found = _under(of_head[head], condition.name)
            if not len(found):
                continue
            row = {"condition": condition.name, "kind": condition.kind, "level": condition.level}
            row |= {"head": head, "rows": _rows(found), **_metrics(found)}
            difference = (
                NO_DIFFERENCE if condition == CLEAN else asdict(_difference(found, clean[head]))
            )
            table.append(row | {f"difference_{name}": value for name, value in difference.items()})
    return table


def render(rows: list[dict[str, Any]], style: str) -> str:
    """Rows of `robustness` as text, in one of the styles of `rendering.shown_table`."""
    shown = []
    for row in rows:
        difference = [row[f"difference_{name}"] for name in ("mean", "low", "high")]
        shown.append(
            {
                "condition": row["condition"],
                "head": row["head"],
                "MAE": f"{row['mae']:.3f}",
                "against clean [95 %]": "" if None in difference else shown_interval(*difference),
                "r": _shown(row["r"]),
                "Non0": _shown(row["non0_accuracy"]),
                "audio weight": _shown(row["audio_weight"]),
            }
        )
    return shown_table(shown, style)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _under(predictions: pa.Table, condition: str) -> pa.Table:
    return predictions.filter(pc.equal(predictions["condition"], condition))


def _metrics(predictions: pa.Table) -> dict[str, float | None]:
    metrics = regression_metrics(
        predictions["sentiment"].to_numpy(), predictions["label"].to_numpy()
    )
    weight = pc.mean(predictions["audio_weight"]).as_py()
    return {**{name: metrics.get(name) for name in METRICS}, "audio_weight": weight}


def _difference(damaged: pa.Table, clean: pa.Table) -> Difference:
    """The MAE of damaged rows minus the MAE of the same rows when clean."""
    damaged = _of_same_rows(damaged, clean)
    return paired_difference(
        errors(damaged), errors(_of_same_rows(clean, damaged)), same_seeds=True
    )


def _of_same_rows(predictions: pa.Table, others: pa.Table) -> pa.Table:
    """The predictions for utterances that `others` has too."""
    ids = others["utterance_id"].combine_chunks()
    return predictions.filter(pc.is_in(predictions["utterance_id"], ids))


def errors(predictions: pa.Table) -> npt.NDArray[np.float32]:
    """Absolute errors (trainings, rows), rows in the order of their utterance ids."""
    order = np.argsort(predictions["utterance_id"].to_numpy(), kind="stable")
    error: npt.NDArray[np.float32] = np.abs(
        predictions["sentiment"].to_numpy() - predictions["label"].to_numpy()
    )
    return error[order].reshape((-1, _rows(predictions)), order="F")


def _rows(predictions: pa.Table) -> int:
    return int(pc.count_distinct(predictions["utterance_id"]).as_py())
