"""How often intervals hold, and how wrong a head is, for groups of test rows: intervals that hold
nine times in ten on average may hold less often where a modality is missing or both disagree.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from daf_core.arrays import BoolArray
from daf_core.evaluation.rendering import shown_table
from daf_core.evaluation.trial import TrialResult
from daf_core.storage.run_record import Json

APART = 1.0  # sentiment; modalities that are farther apart disagree
FEWEST_ROWS = 20  # of a group, without which its figures say little


@dataclass(frozen=True)
class GroupResult:
    """One head on one group of test rows, over its seeds.

    rows: the mean over seeds; the seeds of a head may differ in which rows disagree.
    coverage: share of labels inside the 90 % intervals; width: of these, the mean.
    """

    head: str
    group: str
    rows: int
    mae: float
    coverage: float
    width: float

    def as_row(self) -> Json:
        """For `rendering.arrow_table`."""
        return asdict(self)


def group_results(trials: Sequence[TrialResult]) -> list[GroupResult]:
    """The result of each head on each group of at least FEWEST_ROWS rows, in the order of the
    trials. Empty where all rows are of one group.
    """
    found: dict[tuple[str, str], list[list[float]]] = {}
    for trial in trials:
        for group, rows in _groups(trial).items():
            if rows.sum() >= FEWEST_ROWS:
                key = (trial.facts.head, group)
                found.setdefault(key, []).append([rows.sum(), *_figures(trial, rows)])
    if len({group for _, group in found}) < 2:
        return []
    means = {key: np.mean(figures, axis=0).tolist() for key, figures in found.items()}
    return [
        GroupResult(head, group, round(rows), mae, coverage, width)
        for (head, group), (rows, mae, coverage, width) in means.items()
    ]


def rendered_groups(rows: Sequence[GroupResult], style: str) -> str:
    """Results by group as text, in one of the styles of `rendering.shown_table`."""
    shown = [
        {"head": row.head, "rows with": row.group, "rows": f"{row.rows:,}"}
        | {"MAE": f"{row.mae:.3f}", "in 90 %": f"{row.coverage:.3f}", "width": f"{row.width:.2f}"}
        for row in rows
    ]
    return shown_table(shown, style)


GROUPS_EXPLAINED = (
    f"Test rows by what they have. agree, disagree: whether what the two modalities say alone is "
    f"at most {APART:g} apart. in 90 %: share of labels inside the 90 % intervals; width: of the "
    f"intervals, the mean."
)


def _groups(trial: TrialResult) -> dict[str, BoolArray]:
    """Group → which rows (rows,) are in it; each row is in one at most."""
    rows = trial.rows
    if "has_text" not in rows.column_names:  # a trial of an older version
        return {}
    text, audio = (rows[f"has_{name}"].to_numpy() for name in ("text", "audio"))
    apart = rows["disagreement"].to_numpy()
    both = text & audio
    return {
        "words and voice that agree": both & (apart <= APART),
        "words and voice that disagree": both & (apart > APART),
        "words and voice": both & np.isnan(apart.astype(np.float64)),
        "words alone": text & ~audio,
        "voice alone": audio & ~text,
    }


def _figures(trial: TrialResult, rows: BoolArray) -> tuple[float, float, float]:
    """MAE, coverage and width of some rows; NaN where rows have no interval."""
    low, high, label = (
        trial.rows[name].to_numpy()[rows] for name in ("interval_low", "interval_high", "label")
    )
    holds = np.where(np.isnan(low), np.nan, (low <= label) & (label <= high))
    return float(trial.errors()[rows].mean()), float(holds.mean()), float((high - low).mean())
