"""Does one head lead each of its rivals? Paired differences, corrected for their number."""

from collections.abc import Sequence

import numpy as np

from daf_core.decimals import decimals
from daf_core.evaluation.comparison import Difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.evaluation.results import by_head, difference_of
from daf_core.evaluation.trial import TrialResult

HEAD = "daf"
RIVALS = ("stacked", "static", "late", "concat", "daf-attention", "text", "audio")


def differences(trials: Sequence[TrialResult], head: str = HEAD) -> dict[str, Difference]:
    """Each other head among the trials, and the MAE of `head` minus that of the other."""
    trials_of = by_head(trials)
    if head not in trials_of:
        return {}
    return {
        rival: difference_of(trials_of[head], own)
        for rival, own in trials_of.items()
        if rival != head
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6)."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.empty(len(p_values))
    corrected[order] = np.maximum.accumulate(np.minimum(np.asarray(p_values)[order] * factors, 1))
    return [float(one) for one in corrected]


def rendered_rivals(trials: Sequence[TrialResult], head: str = HEAD) -> str:
    """Markdown: `head` against each rival; "" where the trials have no such head or no rival."""
    found = differences(trials, head)
    if not found:
        return ""
    corrected = holm([one.p for one in found.values()])
    rows = [
        {
            f"{head} against": rival,
            "difference of MAE [95 %]": shown_interval(one.mean, one.low, one.high),
            "p, Holm": "< .001" if p < 0.001 else decimals(p, 3),
        }
        for (rival, one), p in zip(found.items(), corrected, strict=True)
    ]
    return shown_table(rows, "github")
