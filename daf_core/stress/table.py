"""The table of a robustness grid: metrics of each head under each condition."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.arrays import IntArray
from daf_core.damage.conditions import CLEAN, CONDITIONS, Condition
from daf_core.evaluation.comparison import Difference, paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.measures.metrics import regression_metrics
from daf_core.storage.run_record import Json


@dataclass(frozen=True)
class GridRow:
    """A head under a condition.

    rows: number of test rows; mae, r, non0_accuracy (None: all labels are 0): their metrics.
    audio_weight: the mean over rows; None: the head has no weights.
    difference: the MAE minus the MAE of the clean condition on the same rows; None for clean.
    """

    condition: Condition
    head: str
    rows: int
    mae: float
    r: float
    non0_accuracy: float | None
    audio_weight: float | None
    difference: Difference | None

    def as_row(self) -> Json:
        """The row with one key a figure, for `rendering.arrow_table`."""
        condition = self.condition
        difference = NO_DIFFERENCE if self.difference is None else asdict(self.difference)
        return {
            "condition": condition.name,
            "kind": condition.kind,
            "level": condition.level,
            "head": self.head,
            "rows": self.rows,
            "mae": self.mae,
            "r": self.r,
            "non0_accuracy": self.non0_accuracy,
            "audio_weight": self.audio_weight,
            **{f"difference_{name}": value for name, value in difference.items()},
        }


NO_DIFFERENCE = dict.fromkeys(field.name for field in fields(Difference))


def robustness(predictions: pa.Table) -> list[GridRow]:
    """A row for each condition and head; conditions in the order of the grid, heads as predicted.

    A head without predictions under a condition has no row for it.

    If a head has several predictions for each row, they are of several trainings, and intervals
    are over recordings and trainings. With one prediction for each row, intervals are over
    recordings only and leave open how another training would differ. Of fewer than ten recordings
    rows are drawn (`draws_recordings`).
    """
    heads = dict.fromkeys(predictions["head"].to_pylist())
    of_head = {head: predictions.filter(pc.equal(predictions["head"], head)) for head in heads}
    clean = {head: _under(rows, CLEAN.name) for head, rows in of_head.items()}
    table = []
    for condition in CONDITIONS:
        for head in heads:
            found = _under(of_head[head], condition.name)
            if len(found):
                table.append(_grid_row(condition, head, found, clean[head]))
    return table


def _grid_row(condition: Condition, head: str, found: pa.Table, clean: pa.Table) -> GridRow:
    metrics = regression_metrics(found["sentiment"].to_numpy(), found["label"].to_numpy())
    return GridRow(
        condition=condition,
        head=head,
        rows=_rows(found),
        mae=metrics["mae"],
        r=metrics["r"],
        non0_accuracy=metrics.get("non0_accuracy"),
        audio_weight=pc.mean(found["audio_weight"]).as_py(),
        difference=None if condition == CLEAN else _difference(found, clean),
    )


def render(rows: Sequence[GridRow], style: str) -> str:
    """Rows of `robustness` as text, in one of the styles of `rendering.shown_table`."""
    return shown_table(
        [
            {
                "condition": row.condition.name,
                "head": row.head,
                "MAE": f"{row.mae:.3f}",
                "against clean [95 %]": _shown_difference(row.difference),
                "r": _shown(row.r),
                "Non0": _shown(row.non0_accuracy),
                "audio weight": _shown(row.audio_weight),
            }
            for row in rows
        ],
        style,
    )


def _shown_difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return shown_interval(difference.mean, difference.low, difference.high)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _under(predictions: pa.Table, condition: str) -> pa.Table:
    return predictions.filter(pc.equal(predictions["condition"], condition))


def _difference(damaged: pa.Table, clean: pa.Table) -> Difference:
    """The MAE of damaged rows minus the MAE of the same rows when clean."""
    damaged = _of_same_rows(damaged, clean)
    clean = _of_same_rows(clean, damaged)
    return paired_difference(errors(damaged), errors(clean), recordings(damaged), same_seeds=True)


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


def recordings(predictions: pa.Table) -> IntArray:
    """(rows,) a number for the recording of each row, in the order of `errors`."""
    ids = predictions["utterance_id"].to_numpy()
    _, first = np.unique(ids, return_index=True)
    numbers: IntArray
    _, numbers = np.unique(predictions["recording_id"].to_numpy()[first], return_inverse=True)
    return numbers


def _rows(predictions: pa.Table) -> int:
    return int(pc.count_distinct(predictions["utterance_id"]).as_py())
