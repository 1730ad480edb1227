"""What trials of several heads add up to: their standings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.arrays import FloatArray
from daf_core.decimals import decimals
from daf_core.evaluation.comparison import (
    Difference,
    draws_recordings,
    mean_interval,
    paired_difference,
)
from daf_core.evaluation.rendering import difference_columns, shown_difference, shown_table
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
    "coverage": "in 90 %",
    "width": "width",
}
METRICS_OF_CLASSES = {  # of heads that tell classes apart
    "uar": "UAR",
    "weighted_f1": "weighted F1",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
}
BRIEF = ("MAE", "r", "Non0", "Acc7", "accuracy", "UAR", "weighted F1", "in 90 %")  # on a terminal


@dataclass(frozen=True)
class Standing:
    """One head over its seeds.

    three_classes: whether all labels of test rows are -1, 0 or 1.
    mean, deviation: metric of the test rows → mean and sample deviation over seeds, NaN of one
        seed.
    interval: the 95 % interval of the first metric, MAE or of classes UAR, over recordings and
        seeds.
    parameters: number of trained parameters; seconds: of training, the mean.
    difference: of its MAE from the baseline's, of classes of 1 - UAR; None for the baseline.
    """

    head: str
    seeds: int
    three_classes: bool
    mean: dict[str, float]
    deviation: dict[str, float]
    interval: tuple[float, float]
    parameters: int
    seconds: float
    difference: Difference | None

    @property
    def is_of_classes(self) -> bool:
        """Whether the head told classes apart, and predicted no sentiment."""
        return "uar" in self.mean

    @property
    def shown_metrics(self) -> dict[str, str]:
        """Metric → its name in tables."""
        if self.is_of_classes:
            return METRICS_OF_CLASSES
        return CLASS_METRICS if self.three_classes else METRICS

    def as_row(self) -> Json:
        """The standing with one key a figure, for `rendering.arrow_table`."""
        row: Json = {"head": self.head, "seeds": self.seeds}
        row["three_classes"] = self.three_classes
        for metric, mean in self.mean.items():
            row |= {metric: mean, f"{metric}_deviation": self.deviation[metric]}
        first = next(iter(self.shown_metrics))
        row |= {f"{first}_low": self.interval[0], f"{first}_high": self.interval[1]}
        row |= {"parameters": self.parameters, "seconds": self.seconds}
        return row | difference_columns(self.difference)


def standings(trials: Sequence[TrialResult], baseline: str) -> list[Standing]:
    """The standing of each head, in the order of the trials."""
    trials_of = by_head(trials)
    found = []
    for head, own in trials_of.items():
        facts = [trial.facts for trial in own]
        values = {name: [one.test[name] for one in facts] for name in facts[0].test}
        compared = head != baseline and baseline in trials_of
        found.append(
            Standing(
                head=head,
                seeds=len(facts),
                three_classes=all(one.three_classes for one in facts),
                mean={name: float(np.mean(of_seeds)) for name, of_seeds in values.items()},
                deviation={name: _deviation(of_seeds) for name, of_seeds in values.items()},
                interval=_interval(own, of_classes="uar" in values),
                parameters=facts[0].parameters,
                seconds=float(np.mean([one.seconds for one in facts])),
                difference=difference_of(own, trials_of[baseline]) if compared else None,
            )
        )
    return found


def difference_of(own: list[TrialResult], baseline: list[TrialResult]) -> Difference:
    """The error of one head minus that of another, on the same rows.

    Where seed i of both has the same trained parameters, the heads differ only in how they join
    them, and seeds are drawn for both together.
    """
    trained = [[one.facts.parameters_sha256 for one in trials] for trials in (own, baseline)]
    same_seeds = trained[0] == trained[1] and all(trained[0])
    recordings = own[0].recordings
    return paired_difference(errors_of(own), errors_of(baseline), recordings, same_seeds=same_seeds)


def rendered(rows: Sequence[Standing], style: str) -> str:
    """Standings as text, in one of the styles of `rendering.shown_table`; for a terminal, "simple",
    with the BRIEF metrics only, or the few of classes.
    """
    brief = style == "simple"
    shown = []
    for row in rows:
        line = {"head": row.head}
        first = next(iter(row.shown_metrics))
        for metric, name in row.shown_metrics.items():
            if metric in row.mean and (not brief or name in BRIEF or row.is_of_classes):
                deviation = row.deviation[metric]
                line[name] = decimals(row.mean[metric], 3)
                line[name] += "" if np.isnan(deviation) else f" ± {deviation:.3f}"
            if metric == first and not brief:
                line[f"{name} [95 %]"] = "[{}, {}]".format(
                    *(decimals(one, 3) for one in row.interval)
                )
        line |= shown_difference(row.difference)
        line |= {} if brief else {"parameters": f"{row.parameters:,}"}
        line["s"] = f"{row.seconds:.0f}"
        shown.append(line)
    return shown_table(shown, style)


def explained(rows: Sequence[Standing], baseline: str, trials: Sequence[TrialResult]) -> str:
    """The note below a table of standings of these trials."""
    over = "recordings" if draws_recordings(trials[0].recordings) else "rows"
    of_classes = rows[0].is_of_classes
    measure = "1 - UAR" if of_classes else "MAE"
    last = (
        "UAR: unweighted average recall"
        if of_classes
        else "in 90 %: share of labels inside the 90 % intervals"
    )
    return (
        f"Mean ± sample deviation over {rows[0].seeds} seeds, on {len(trials[0].rows)} test rows. "
        f"95 %: intervals over {over} and seeds. difference: {measure} minus that of {baseline}; "
        f"p: of no difference, by permutation of {over}. {last}; s: seconds of training on one CPU."
    )


def by_head(trials: Sequence[TrialResult]) -> dict[str, list[TrialResult]]:
    """Head → its trials, in their order."""
    found: dict[str, list[TrialResult]] = {}
    for trial in trials:
        found.setdefault(trial.facts.head, []).append(trial)
    return found


def errors_of(trials: list[TrialResult], column: str | None = None) -> FloatArray:
    """(seeds, rows) `TrialResult.errors` of a head."""
    return np.stack([trial.errors(column) for trial in trials])


def _interval(trials: list[TrialResult], of_classes: bool) -> tuple[float, float]:
    low, high = mean_interval(errors_of(trials), trials[0].recordings)
    return (1 - high, 1 - low) if of_classes else (low, high)


def _deviation(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
