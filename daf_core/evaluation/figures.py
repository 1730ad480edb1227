"""Figures of trainings, as PNG: learning curves and reliability."""

import io
from collections.abc import Sequence

from matplotlib.figure import Figure

from daf_core.evaluation.trial import TrialFacts
from daf_core.training.held_out import Reliability

History = Sequence[dict[str, float]]  # epoch, train_loss and `error_name` of each epoch


def png(figure: Figure) -> bytes:
    """The figure as PNG, 120 dots an inch."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    return data.getvalue()


def learning_curve(history: History, best_epoch: int) -> bytes:
    """Training loss and validation MAE of one training by epoch, with its best epoch marked."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] + 1 for epoch in history]
    axes.plot(epochs, [epoch["train_loss"] for epoch in history], label="training loss")
    axes.plot(epochs, [epoch["valid_mae"] for epoch in history], label="validation MAE")
    axes.axvline(best_epoch + 1, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel("epoch (dotted: the best one, kept)")
    axes.legend(frameon=False)
    return png(figure)


def learning_curves(trials: Sequence[TrialFacts]) -> bytes:
    """Validation MAE of trials, or of classes cross-entropy, by epoch: one colour per head, one
    line per seed, a dot at the best epoch.
    """
    of_classes = "valid_cross_entropy" in trials[0].history[0]
    name = "valid_cross_entropy" if of_classes else "valid_mae"
    figure = Figure(figsize=(6.5, 4.0), layout="constrained")
    axes = figure.subplots()
    heads = dict.fromkeys(trial.head for trial in trials)
    colours = {head: f"C{number}" for number, head in enumerate(heads)}
    for trial in trials:
        errors = [epoch[name] for epoch in trial.history]
        colour = colours[trial.head]
        axes.plot(errors, color=colour, linewidth=0.8, alpha=0.7)
        axes.plot(trial.best_epoch, errors[trial.best_epoch], ".", color=colour)
    for head, colour in colours.items():
        axes.plot([], color=colour, label=head)
    lowest = min(epoch[name] for trial in trials for epoch in trial.history)
    first = max(trial.history[0][name] for trial in trials)
    label = "validation cross-entropy" if of_classes else "validation MAE"
    axes.set(xlabel="epoch", ylabel=label, ylim=(0.98 * lowest, 1.02 * first))
    axes.legend(frameon=False)
    return png(figure)


def reliability_diagrams(found: Reliability) -> bytes:
    """Left: the share of labels inside a central share of the distributions. Right: the share of
    polarities that are right by their probability, and how many rows have that probability.
    """
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    intervals, polarity = figure.subplots(1, 2)
    for axes in (intervals, polarity):
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    intervals.plot(*zip(*found["intervals"], strict=True))
    intervals.set(xlabel="central share of the distribution", ylabel="holds the label")
    claimed, right, share = zip(*found["polarity"] or [[0, 0, 0]], strict=True)
    polarity.bar(claimed, share, width=0.06, color="lightgrey", label="share of the rows")
    polarity.plot(claimed, right, marker="o")
    polarity.set(xlabel="probability of the polarity", ylabel="is right")
    polarity.legend(frameon=False)
    return png(figure)
