"""How heads learn: validation error by epoch, of several heads and seeds in one picture."""

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

WIDE, HIGH = 6.5, 4.0  # inches


def learning_curves(trials: Sequence[dict[str, Any]]) -> bytes:
    """PNG of the facts of trials (`trial.run_trial`): a colour a head, a line a seed, a dot at the
    epoch that was kept.
    """
    figure = Figure(figsize=(WIDE, HIGH), layout="constrained")
    axes = figure.subplots()
    colours = {head: f"C{number}" for number, head in enumerate(_heads(trials))}
    for facts in trials:
        errors = [epoch["valid_mae"] for epoch in facts["history"]]
        colour = colours.get(facts["head"])
        axes.plot(errors, color=colour, linewidth=0.8, alpha=0.7)
        axes.plot(facts["best_epoch"], errors[facts["best_epoch"]], ".", color=colour)
    for head, colour in colours.items():
        axes.plot([], color=colour, label=head)
    lowest = min(epoch["valid_mae"] for facts in trials for epoch in facts["history"])
    first = max(facts["history"][0]["valid_mae"] for facts in trials)
    axes.set(xlabel="epoch", ylabel="validation MAE", ylim=(0.98 * lowest, 1.02 * first))
    axes.legend(frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    return data.getvalue()


def _heads(trials: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(facts["head"] for facts in trials))
