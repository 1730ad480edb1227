"""What becomes of the error of heads under controls of their weights, and without a modality."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from daf_core.decimals import decimals
from daf_core.embeddings.columns import MODALITIES
from daf_core.evaluation.comparison import Difference, paired_difference
from daf_core.evaluation.rendering import difference_columns, shown_difference, shown_table
from daf_core.evaluation.results import by_head, errors_of
from daf_core.evaluation.trial import TrialResult
from daf_core.storage.run_record import Json


@dataclass(frozen=True)
class ControlResult:
    """One head under one control (`controls`), over its seeds.

    of_classes: whether the head told classes apart.
    error: the MAE with the control, of classes 1 - UAR; difference: of it from the head's own.
    weight_correlation: where a modality is absent, Spearman's correlation over rows of the
        modality's weight with the growth of the error without it, the mean over seeds; positive if
        the weights mean something, NaN if the head has no weights that differ between rows, or
        does as well without the modality. None for other controls.
    """

    head: str
    control: str
    of_classes: bool
    error: float
    weight_correlation: float | None
    difference: Difference

    @property
    def metric(self) -> tuple[str, float]:
        """Name and value of the metric in tables."""
        return ("uar", 1 - self.error) if self.of_classes else ("mae", self.error)

    def as_row(self) -> Json:
        """The result with one key a figure, for `rendering.arrow_table`."""
        name, value = self.metric
        row: Json = {"head": self.head, "control": self.control, name: value}
        if self.weight_correlation is not None:
            row["weight_correlation"] = self.weight_correlation
        return row | difference_columns(self.difference)


def weight_controls(trials: Sequence[TrialResult]) -> list[ControlResult]:
    """The result of each head under each control, in the order of the trials."""
    found = []
    for head, own in by_head(trials).items():
        errors, names = errors_of(own), own[0].rows.column_names
        for control in names[names.index("audio_weight") + 1 :]:
            controlled = errors_of(own, control)
            modality = control.removeprefix("no_")
            is_absence = modality in MODALITIES
            found.append(
                ControlResult(
                    head=head,
                    control=control,
                    of_classes=own[0].is_of_classes,
                    error=float(controlled.mean()),
                    weight_correlation=_weight_correlation(own, modality) if is_absence else None,
                    difference=paired_difference(
                        controlled, errors, own[0].recordings, same_seeds=True
                    ),
                )
            )
    return found


def rendered_controls(rows: Sequence[ControlResult], style: str) -> str:
    """Results under controls as text, in one of the styles of `rendering.shown_table`."""
    shown = [
        {"head": row.head, "control": row.control.replace("_", " ")}
        | {row.metric[0].upper(): f"{row.metric[1]:.3f}"}
        | shown_difference(row.difference)
        | {"ρ with weight": _shown_correlation(row.weight_correlation)}
        for row in rows
    ]
    return shown_table(shown, style)


def controls_explained(of_classes: bool) -> str:
    """The note below a table of results under controls."""
    return (
        f"Predictions with other modality weights, with text or audio of another utterance, or "
        f"without it. difference: {'1 - UAR' if of_classes else 'MAE'} minus the head's own. ρ: "
        f"Spearman's correlation of a modality's weight with the growth of the error without it."
    )


def _weight_correlation(trials: list[TrialResult], modality: str) -> float:
    """See `ControlResult.weight_correlation`."""
    found = []
    for trial in trials:
        weight = trial.rows[f"{modality}_weight"]
        growth = trial.errors(f"no_{modality}") - trial.errors()
        if len(np.unique(weight)) > 1 and len(np.unique(growth)) > 1:
            found.append(spearmanr(weight, growth))
    return float(np.mean([one.statistic for one in found])) if found else float("nan")


def _shown_correlation(value: float | None) -> str:
    return "" if value is None or np.isnan(value) else decimals(value, 2, sign=True)
