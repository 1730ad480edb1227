"""What trials of several heads add up to: their standings, and controls of their weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from daf_core.decimals import decimals
from daf_core.embeddings.columns import MODALITIES
from daf_core.evaluation.comparison import Difference, paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.evaluation.trial import TrialResult
from daf_core.storage.run_record import Json

METRICS = {
    "mae": "MAE",
    "r": "r",
    "ccc": "CCC",
    "non0_accuracy": "Non0",
    "non0_f1": "Non0 F1",
    "has0_accuracy": "Has0",
    "acc7": "Acc7",
    "coverage": "in 90 %",
    "width": "width",
}
CLASS_METRICS = {  # for corpora whose labels are -1, 0 and 1
    "mae": "MAE",
    "polarity_accuracy": "accuracy",
    "polarity_uar": "UAR",
    "polarity_weighted_f1": "weighted F1",
    "polarity_macro_f1": "macro F1",
    "polarity_ece": "ECE",
}
BRIEF = ("MAE", "r", "Non0", "Acc7", "accuracy", "UAR", "weighted F1", "in 90 %")  # on a terminal


@dataclass(frozen=True)
class Standing:
    """One head over its seeds.

    three_classes: whether all labels of test rows are -1, 0 or 1.
    mean, deviation: metric of the test rows → mean and sample deviation over seeds, NaN of one
        seed.
    parameters: number of trained parameters; seconds: of training, the mean.
    difference: of its MAE from the baseline's; None for the baseline.
    """

    head: str
    seeds: int
    three_classes: bool
    mean: dict[str, float]
    deviation: dict[str, float]
    parameters: int
    seconds: float
    difference: Difference | None

    def as_row(self) -> Json:
        """The standing with one key a figure, for `rendering.arrow_table`."""
        row: Json = {"head": self.head, "seeds": self.seeds}
        row["three_classes"] = self.three_classes
        for metric, mean in self.mean.items():
            row |= {metric: mean, f"{metric}_deviation": self.deviation[metric]}
        row |= {"parameters": self.parameters, "seconds": self.seconds}
        return row | _difference_columns(self.difference)


@dataclass(frozen=True)
class ControlResult:
    """One head under one control (`controls`), over its seeds.

    mae: with the control; difference: of it from the head's own MAE.
    weight_correlation: where a modality is absent, Spearman's correlation over rows of the
        modality's weight with the growth of the error without it, the mean over seeds; positive if
        the weights mean something, NaN if the head has no weights that differ between rows. None
        for other controls.
    """

    head: str
    control: str
    mae: float
    weight_correlation: float | None
    difference: Difference

    def as_row(self) -> Json:
        """The result with one key a figure, for `rendering.arrow_table`."""
        row: Json = {"head": self.head, "control": self.control, "mae": self.mae}
        if self.weight_correlation is not None:
            row["weight_correlation"] = self.weight_correlation
        return row | _difference_columns(self.difference)


def standings(trials: Sequence[TrialResult], baseline: str) -> list[Standing]:
    """The standing of each head, in the order of the trials."""
    by_head = _by_head(trials)
    errors = {head: _errors(own) for head, own in by_head.items()}
    found = []
    for head, own in by_head.items():
        facts = [trial.facts for trial in own]
        values = {name: [one.test[name] for one in facts] for name in facts[0].test}
        compared = head != baseline and baseline in errors
        found.append(
            Standing(
                head=head,
                seeds=len(facts),
                three_classes=all(one.three_classes for one in facts),
                mean={name: float(np.mean(of_seeds)) for name, of_seeds in values.items()},
                deviation={name: _deviation(of_seeds) for name, of_seeds in values.items()},
                parameters=facts[0].parameters,
                seconds=float(np.mean([one.seconds for one in facts])),
                difference=paired_difference(errors[head], errors[baseline]) if compared else None,
            )
        )
    return found


def weight_controls(trials: Sequence[TrialResult]) -> list[ControlResult]:
    """The result of each head under each control, in the order of the trials."""
    found = []
    for head, own in _by_head(trials).items():
        errors, names = _errors(own), own[0].rows.column_names
        for control in names[names.index("audio_weight") + 1 :]:
            controlled = _errors(own, control)
            modality = control.removeprefix("no_")
            is_absence = modality in MODALITIES
            found.append(
                ControlResult(
                    head=head,
                    control=control,
                    mae=float(controlled.mean()),
                    weight_correlation=_weight_correlation(own, modality) if is_absence else None,
                    difference=paired_difference(controlled, errors, same_seeds=True),
                )
            )
    return found


def rendered(rows: Sequence[Standing], style: str) -> str:
    """Standings as text, in one of the styles of `rendering.shown_table`; for a terminal, "simple",
    with the BRIEF metrics only.
    """
    brief = style == "simple"
    shown = []
    for row in rows:
        line = {"head": row.head}
        for metric, name in (CLASS_METRICS if row.three_classes else METRICS).items():
            if metric in row.mean and (not brief or name in BRIEF):
                deviation = row.deviation[metric]
                line[name] = decimals(row.mean[metric], 3)
                line[name] += "" if np.isnan(deviation) else f" ± {deviation:.3f}"
        line |= _shown_difference(row.difference)
        line |= {} if brief else {"parameters": f"{row.parameters:,}"}
        line["s"] = f"{row.seconds:.0f}"
        shown.append(line)
    return shown_table(shown, style)


def rendered_controls(rows: Sequence[ControlResult], style: str) -> str:
    """Results under controls as text, in one of the styles of `rendering.shown_table`."""
    shown = [
        {"head": row.head, "control": row.control.replace("_", " ")}
        | {"MAE": f"{row.mae:.3f}"}
        | _shown_difference(row.difference)
        | {"ρ with weight": _shown_correlation(row.weight_correlation)}
        for row in rows
    ]
    return shown_table(shown, style)


def explained(rows: Sequence[Standing], baseline: str, test_rows: int) -> str:
    """The note below a table of standings."""
    return (
        f"Mean ± sample deviation over {rows[0].seeds} seeds, on {test_rows} test rows. "
        f"difference: MAE minus that of {baseline}, with its 95 % interval over rows and seeds; "
        f"p: of no difference, by permutation of rows. in 90 %: share of labels inside the 90 % "
        f"intervals; s: seconds of training on one CPU."
    )


CONTROLS_EXPLAINED = (
    "Predictions with other modality weights, with text or audio of another utterance, or without "
    "it. difference: MAE minus the head's own. ρ: Spearman's correlation of a modality's weight "
    "with the growth of the error without it."
)


def _by_head(trials: Sequence[TrialResult]) -> dict[str, list[TrialResult]]:
    found: dict[str, list[TrialResult]] = {}
    for trial in trials:
        found.setdefault(trial.facts.head, []).append(trial)
    return found


def _errors(trials: list[TrialResult], column: str = "sentiment") -> npt.NDArray[np.float32]:
    """(seeds, rows) absolute errors of a head."""
    return np.stack([trial.errors(column) for trial in trials])


def _deviation(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _weight_correlation(trials: list[TrialResult], modality: str) -> float:
    """See `ControlResult.weight_correlation`."""
    found = []
    for trial in trials:
        weight = trial.rows[f"{modality}_weight"]
        if len(np.unique(weight)) > 1:
            found.append(spearmanr(weight, trial.errors(f"no_{modality}") - trial.errors()))
    return float(np.mean([one.statistic for one in found])) if found else float("nan")


def _difference_columns(difference: Difference | None) -> dict[str, float]:
    figures = {} if difference is None else asdict(difference)
    return {f"difference_{name}": value for name, value in figures.items()}


def _shown_difference(difference: Difference | None) -> dict[str, str]:
    if difference is None:
        return {"difference [95 %]": "", "p over rows": ""}
    p = difference.p
    return {
        "difference [95 %]": shown_interval(difference.mean, difference.low, difference.high),
        "p over rows": "< .001" if p < 0.001 else f"{p:.3f}",
    }


def _shown_correlation(value: float | None) -> str:
    return "" if value is None or np.isnan(value) else decimals(value, 2, sign=True)
