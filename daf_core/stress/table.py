"""What the predictions of a robustness grid add up to: a row for each condition and head."""

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
UNKNOWN = dict.fromkeys(field.name for field in fields(Difference))


def robustness(predictions: pa.Table) -> list[dict[str, Any]]:
    """One row a condition and head, conditions in the grid's order, heads as the rows have them.

    condition, kind, level (None: not graded), head, rows; mae, r, non0_accuracy (None: all labels
    are 0); audio_weight, the mean over rows (None: the head has no weights); difference_mean … as
    in `comparison.Difference`, how the MAE differs from clean's on the same rows (None of clean).
    A head that could say nothing under a condition has no row for it.

    Several predictions of a head for a row, as many for each, are those of several trainings: then
    the interval is over rows and trainings. With one it leaves open what another would give.
    """
    heads = dict.fromkeys(predictions["head"].to_pylist())
    of_head = {head: predictions.filter(pc.equal(predictions["head"], head)) for head in heads}
    clean = {head: _under(rows, CLEAN.name) for head, rows in of_head.items()}
    found = []
    for condition in CONDITIONS:
        for head in heads:
            said = _under(of_head[head], condition.name)
            if not len(said):
                continue
            row = {"condition": condition.name, "kind": condition.kind, "level": condition.level}
            row |= {"head": head, "rows": _rows(said), **_measured(said)}
            against = UNKNOWN if condition == CLEAN else asdict(_against(said, clean[head]))
            found.append(row | {f"difference_{name}": value for name, value in against.items()})
    return found


def rendered(rows: list[dict[str, Any]], style: str) -> str:
    """Rows of `robustness` for people, in one of the styles of `rendering.shown_table`."""
    shown = []
    for row in rows:
        apart = [row[f"difference_{name}"] for name in ("mean", "low", "high")]
        shown.append(
            {
                "condition": row["condition"],
                "head": row["head"],
                "MAE": f"{row['mae']:.3f}",
                "against clean [95 %]": "" if None in apart else shown_interval(*apart),
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


def _measured(said: pa.Table) -> dict[str, float | None]:
    metrics = regression_metrics(said["sentiment"].to_numpy(), said["label"].to_numpy())
    weight = pc.mean(said["audio_weight"]).as_py()
    return {**{name: metrics.get(name) for name in METRICS}, "audio_weight": weight}


def _against(said: pa.Table, clean: pa.Table) -> Difference:
    of_both = pc.is_in(said["utterance_id"], clean["utterance_id"].combine_chunks())
    said = said.filter(of_both)
    clean = clean.filter(pc.is_in(clean["utterance_id"], said["utterance_id"].combine_chunks()))
    return paired_difference(errors(said), errors(clean), same_seeds=True)


def errors(said: pa.Table) -> npt.NDArray[np.float32]:
    """(trainings, rows) absolute errors of predictions, rows in the order of their ids."""
    order = np.argsort(said["utterance_id"].to_numpy(), kind="stable")
    apart: npt.NDArray[np.float32] = np.abs(said["sentiment"].to_numpy() - said["label"].to_numpy())
    return apart[order].reshape((-1, _rows(said)), order="F")


def _rows(said: pa.Table) -> int:
    return int(pc.count_distinct(said["utterance_id"]).as_py())
