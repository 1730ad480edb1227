"""What a trained head leaves for people: a card, a learning curve, TensorBoard events."""

import io
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.figure
from torch.utils.tensorboard import SummaryWriter

from daf_core.storage import files


def publish_record(folder: str, kind: str, facts: dict[str, Any]) -> None:
    """Publish README.md, learning-curve.png, reliability.png and tensorboard/ under `folder`."""
    history = facts["history"]
    files.publish(files.join(folder, "README.md"), _card(kind, facts).encode())
    files.publish(
        files.join(folder, "learning-curve.png"), _learning_curve(history, facts["best_epoch"])
    )
    files.publish(files.join(folder, "reliability.png"), _reliability(facts["reliability"]))
    with tempfile.TemporaryDirectory() as local:
        with SummaryWriter(local) as writer:
            for epoch in history:
                for name in ("train_loss", "valid_mae"):
                    writer.add_scalar(name, epoch[name], int(epoch["epoch"]))
        for path in Path(local).iterdir():
            # One name, so that training again replaces the events instead of adding to them.
            uri = files.join(folder, "tensorboard", "events.out.tfevents.0.daf")
            files.publish(uri, path.read_bytes())


def _learning_curve(history: list[dict[str, float]], best_epoch: int) -> bytes:
    figure = matplotlib.figure.Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] + 1 for epoch in history]
    axes.plot(epochs, [epoch["train_loss"] for epoch in history], label="training loss")
    axes.plot(epochs, [epoch["valid_mae"] for epoch in history], label="validation MAE")
    axes.axvline(best_epoch + 1, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel("epoch (dotted: the best one, kept)")
    axes.legend(frameon=False)
    return _png(figure)


def _reliability(found: dict[str, Any]) -> bytes:
    """Left: how often the central share of a distribution holds the label; right: how often a
    polarity is right that claims a probability, and how many rows do.
    """
    figure = matplotlib.figure.Figure(figsize=(8, 3.8), layout="constrained")
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
    return _png(figure)


def _png(figure: matplotlib.figure.Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()


def _card(kind: str, facts: dict[str, Any]) -> str:
    """A short model card, Markdown."""
    rows, groups = facts["data"]["rows"], facts["recipe"]["calibrate_for"]
    held_out = "validation rows" if groups is None else f"train rows, as if of unseen {groups}"
    table = "\n".join(
        f"| {split} | {rows[split]} | "
        + " | ".join(f"{metrics.get(name, float('nan')):.3f}" for name in _SHOWN)
        + " |"
        for split, metrics in facts["metrics"].items()
        if metrics
    )
    return f"""# A `{kind}` head

Scores utterances in [-3, 3] from frozen embeddings; `head.json` names the encoders, with sums.

| split | rows | {" | ".join(_SHOWN)} |
|---|---|{"---|" * len(_SHOWN)}
{table}

Trained on {facts["data"]["embeddings"]} (fingerprint {facts["data"]["fingerprint"]}, splits
{facts["data"]["splits"]}), seed {facts["seed"]}; kept is the epoch of the best validation MAE,
{facts["best_epoch"] + 1} of {len(facts["history"])}.{_joined(facts["data"]["also"])}
`coverage`: how many of the intervals, made to hold nine times in ten on the {held_out},
hold the label; `width`: their mean width; reliability.png shows more.
The figures hold for recordings like these; on others, label some and measure.
"""


def _joined(also: list[dict[str, Any]]) -> str:
    """What joined in training."""
    if not also:
        return ""
    named = ", ".join(f"{one['rows']} train rows of {one['embeddings']}" for one in also)
    return f" In each step joined some of {named}."


_SHOWN = ("mae", "r", "non0_accuracy", "non0_f1", "acc7", "coverage", "width")
