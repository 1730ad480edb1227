"""How the modality weights of heads spread over rows, and whether the better modality has more."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import spearmanr

from daf_core.decimals import decimals
from daf_core.evaluation.rendering import shown_table
from daf_core.evaluation.trial import TrialResult
from daf_core.schemas import polarity_number
from daf_core.storage.run_record import Json


@dataclass(frozen=True)
class WeightSpread:
    """The weights that one head gives to the audio of test rows with both modalities, the mean of
    each figure over seeds.

    deviation: of the weights over rows; lower, median, upper: their quartiles.
    changed: the share of rows whose polarity, or class, is another with the mean weights; NaN if
        the weights of the head cannot be replaced.
    advantage: Spearman's correlation over rows of the weight with the error of text alone minus
        that of audio alone; NaN if all weights, or all of these, are the same.
    """

    head: str
    mean: float
    deviation: float
    lower: float
    median: float
    upper: float
    changed: float
    advantage: float

    def as_row(self) -> Json:
        """For `rendering.arrow_table`."""
        return asdict(self)


def weight_spreads(trials: Sequence[TrialResult]) -> list[WeightSpread]:
    """The spread of each head that has weights, in the order of the trials."""
    by_head: dict[str, list[list[float]]] = {}
    for trial in trials:
        if (figures := _figures(trial)) is not None:
            by_head.setdefault(trial.facts.head, []).append(figures)
    return [
        WeightSpread(head, *np.mean(figures, axis=0).tolist()) for head, figures in by_head.items()
    ]


def rendered_spreads(rows: Sequence[WeightSpread], style: str, told: str = "polarity") -> str:
    """Spreads as text, in one of the styles of `rendering.shown_table`.

    told: what changes with the weights, "polarity" or "class".
    """
    shown = [
        {
            "head": row.head,
            "audio weight": f"{row.mean:.2f} ± {row.deviation:.2f}",
            "quartiles": f"{row.lower:.2f}, {row.median:.2f}, {row.upper:.2f}",
            f"{told} changed": "" if np.isnan(row.changed) else f"{100 * row.changed:.1f} %",
            "ρ with advantage": ""
            if np.isnan(row.advantage)
            else decimals(row.advantage, 2, sign=True),
        }
        for row in rows
    ]
    return shown_table(shown, style)


def spreads_explained(told: str) -> str:
    """The note below a table of spreads; told: as in `rendered_spreads`."""
    return (
        f"Weights of audio on test rows with both modalities: mean ± deviation over rows, "
        f"quartiles. {told} changed: share of rows whose {told} is another with the mean weights. "
        f"ρ: Spearman's correlation of the weight with the error of text alone minus that of audio "
        f"alone."
    )


def _figures(trial: TrialResult) -> list[float] | None:
    """The figures of a `WeightSpread`; None where no row has weights for both modalities."""
    rows = trial.rows
    if rows["audio_weight"].null_count == len(rows) or "no_audio" not in rows.column_names:
        return None
    weight = rows["audio_weight"].to_numpy()
    both = (weight > 0) & (weight < 1)
    if not both.any() or "no_text" not in rows.column_names:
        return None
    weight = weight[both]
    changed = float("nan")
    if "mean_weights" in rows.column_names:
        with_mean, own = (rows[name].to_numpy()[both] for name in ("mean_weights", trial.own))
        if not trial.is_of_classes:
            with_mean, own = polarity_number(with_mean), polarity_number(own)
        changed = float((with_mean != own).mean())
    advantage = float("nan")
    gained = (trial.errors("no_audio") - trial.errors("no_text"))[both]
    if len(np.unique(weight)) > 1 and len(np.unique(gained)) > 1:
        advantage = float(spearmanr(weight, gained).statistic)
    quartiles = np.quantile(weight, [0.25, 0.5, 0.75]).tolist()
    return [float(weight.mean()), float(weight.std()), *quartiles, changed, advantage]
