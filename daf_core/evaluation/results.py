"""What trials of several heads add up to: a table, and what the weights are worth."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import spearmanr

from daf_core.embeddings.columns import MODALITIES
from daf_core.evaluation.comparison import paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.evaluation.trial import errors

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
CLASS_METRICS = {  # where labels are negative, neutral and positive, no more
    "mae": "MAE",
    "polarity_accuracy": "accuracy",
    "polarity_uar": "UAR",
    "polarity_weighted_f1": "weighted F1",
    "polarity_macro_f1": "macro F1",
    "polarity_ece": "ECE",
}
BRIEF = ("MAE", "r", "Non0", "Acc7", "accuracy", "UAR", "weighted F1", "in 90 %")  # on a terminal
Made = tuple[pa.Table, dict[str, Any]]  # rows and facts of a trial


def standings(trials: Sequence[Made], baseline: str) -> list[dict[str, Any]]:
    """One row a head, in the order of the trials: mean and sample deviation over its seeds of every
    metric of the test rows, whether labels are three classes, parameters, seconds of training, and
    how its MAE differs from the baseline's (`comparison.Difference`; none for the baseline).
    """
    heads = {facts["head"]: None for _, facts in trials}
    stacked = {head: _errors(trials, head, "sentiment") for head in heads}
    found = []
    for head in heads:
        facts = [facts for _, facts in trials if facts["head"] == head]
        row: dict[str, Any] = {"head": head, "seeds": len(facts)}
        row["three_classes"] = all(one["three_classes"] for one in facts)
        for metric in facts[0]["test"]:
            values = [one["test"][metric] for one in facts]
            deviation = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
            row |= {metric: float(np.mean(values)), f"{metric}_deviation": deviation}
        row["parameters"] = facts[0]["parameters"]
        row["seconds"] = float(np.mean([one["seconds"] for one in facts]))
        if head != baseline and baseline in stacked:
            row |= _difference(stacked[head], stacked[baseline])
        found.append(row)
    return found


def weight_controls(trials: Sequence[Made]) -> list[dict[str, Any]]:
    """One row a head and control: MAE with it, and how that differs from the head's own.

    Where a modality is taken away also weight_correlation: Spearman's, over the rows, of its weight
    with how much the error grows without it; the mean over seeds. Weights that mean something have
    a positive one.
    """
    found = []
    for head in {facts["head"]: None for _, facts in trials}:
        own = _errors(trials, head, "sentiment")
        names = next(table for table, facts in trials if facts["head"] == head).column_names
        for control in names[names.index("audio_weight") + 1 :]:
            controlled = _errors(trials, head, control)
            row = {"head": head, "control": control, "mae": float(controlled.mean())}
            modality = control.removeprefix("no_")
            if modality in MODALITIES:
                row["weight_correlation"] = _weight_correlation(trials, head, modality)
            found.append(row | _difference(controlled, own, same_seeds=True))
    return found


def rendered(rows: list[dict[str, Any]], style: str) -> str:
    """Standings for people: "github" for Markdown, "latex_booktabs"; "simple" for a terminal, with
    the BRIEF metrics alone.
    """
    brief = style == "simple"
    shown = []
    for row in rows:
        line = {"head": row["head"]}
        for metric, name in (CLASS_METRICS if row["three_classes"] else METRICS).items():
            if metric in row and (not brief or name in BRIEF):
                deviation = row[f"{metric}_deviation"]
                line[name] = f"{row[metric]:.3f}"
                line[name] += "" if np.isnan(deviation) else f" ± {deviation:.3f}"
        line |= _shown_difference(row)
        line |= {} if brief else {"parameters": f"{row['parameters']:,}"}
        line["s"] = f"{row['seconds']:.0f}"
        shown.append(line)
    return shown_table(shown, style)


def rendered_controls(rows: list[dict[str, Any]], style: str) -> str:
    """Controls for people, as `rendered`."""
    shown = [
        {"head": row["head"], "control": row["control"].replace("_", " ")}
        | {"MAE": f"{row['mae']:.3f}"}
        | _shown_difference(row)
        | {"ρ with weight": _shown(row.get("weight_correlation", float("nan")))}
        for row in rows
    ]
    return shown_table(shown, style)


def explained(rows: list[dict[str, Any]], baseline: str, test_rows: int) -> str:
    """How to read standings."""
    return (
        f"Mean ± deviation over {rows[0]['seeds']} seeds, on {test_rows} test rows. difference: "
        f"MAE less that of {baseline}, 95 % interval over rows and seeds; p: of no difference, by "
        f"permutation of rows alone. in 90 %: labels in intervals made to hold nine in ten; "
        f"s: seconds of training on one CPU."
    )


CONTROLS_EXPLAINED = (
    "What the head says with other weights, with the words or the voice of another utterance, or "
    "with none; difference: MAE less the head's own. ρ: Spearman's, of a modality's weight with "
    "how much the error grows without it."
)


def _shown(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.2f}"


def _errors(trials: Sequence[Made], head: str, said: str) -> np.ndarray[Any, Any]:
    """(seeds, rows) absolute errors of a head."""
    return np.stack([errors(table, said) for table, facts in trials if facts["head"] == head])


def _weight_correlation(trials: Sequence[Made], head: str, modality: str) -> float:
    """NaN where the head has no weights, or the same for all rows."""
    found = [
        spearmanr(table[f"{modality}_weight"], errors(table, f"no_{modality}") - errors(table))
        for table, facts in trials
        if facts["head"] == head and len(np.unique(table[f"{modality}_weight"])) > 1
    ]
    return float(np.mean([one.statistic for one in found])) if found else float("nan")


def _difference(
    one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], same_seeds: bool = False
) -> dict[str, float]:
    difference = asdict(paired_difference(one, other, same_seeds))
    return {f"difference_{name}": value for name, value in difference.items()}


def _shown_difference(row: dict[str, Any]) -> dict[str, str]:
    if "difference_mean" not in row:
        return {"difference [95 %]": "", "p over rows": ""}
    mean, low, high, p = (row[f"difference_{name}"] for name in ("mean", "low", "high", "p"))
    return {
        "difference [95 %]": shown_interval(mean, low, high),
        "p over rows": "< .001" if p < 0.001 else f"{p:.3f}",
    }
