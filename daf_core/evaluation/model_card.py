"""What a trained head leaves for people: a model card, figures and TensorBoard events."""

import tempfile
from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData
from tabulate import tabulate
from torch.utils.tensorboard import SummaryWriter

from daf_core.decimals import decimals, number_of
from daf_core.evaluation.figures import History, learning_curve, reliability_diagrams
from daf_core.storage import files
from daf_core.storage.run_record import Json

METRICS = ("mae", "r", "non0_accuracy", "non0_f1", "acc7", "coverage", "width")


def publish_record(folder: str, kind: str, facts: Json) -> None:
    """Publish README.md, learning-curve.png, reliability.png and tensorboard/ under `folder`.

    Args:
        kind: of the head.
        facts: what head.json says of the training.
    """
    history, best_epoch = facts["history"], facts["best_epoch"]
    contents = {
        "README.md": str(model_card(kind, facts)).encode(),
        "learning-curve.png": learning_curve(history, best_epoch),
        "reliability.png": reliability_diagrams(facts["reliability"]),
        # Always the same name, so that training again replaces the events and adds none.
        "tensorboard/events.out.tfevents.0.daf": _tensorboard_events(history),
    }
    for name, content in contents.items():
        files.publish(files.join(folder, name), content)


def model_card(kind: str, facts: Json) -> ModelCard:
    """The model card of a head, in the layout of the Hugging Face hub."""
    data, recipe, history = facts["data"], facts["recipe"], facts["history"]
    metadata = ModelCardData(
        library_name="daf",
        tags=["sentiment-analysis", "speech", "multimodal", kind],
        metrics=[*METRICS],
    )
    groups = recipe["calibrate_for"]
    held_out = "the validation rows" if groups is None else f"train rows, as of unseen {groups}"
    also = " and ".join(
        f"{number_of(one['rows'], 'train row')} of {one['embeddings']}" for one in data["also"]
    )
    joining = f" Rows of other corpora joined each step: {also}." if also else ""
    return ModelCard(f"""---
{metadata.to_yaml()}
---

# A `{kind}` head

Predicts the sentiment of utterances, from -3 to 3, from frozen embeddings. `head.json` names the
encoders and their checksums.

{_metrics_table(facts)}

Trained on {data["embeddings"]} (fingerprint {data["fingerprint"]}, splits {data["splits"]}) with
seed {facts["seed"]}. Every part of the head that learns apart keeps the weights of the epoch with
its lowest validation loss; the last of these was epoch {facts["best_epoch"] + 1} of
{len(history)}.{joining}

- `coverage`: the share of 90 % intervals that hold the label. The intervals are calibrated on
  {held_out}; see reliability.png.
- `width`: the mean width of these intervals.

The figures hold for recordings like these. For other recordings, label some and measure again.
""")


def _metrics_table(facts: Json) -> str:
    """Rows and metrics of each split that has rows, as Markdown."""
    lines = [
        [split, str(facts["data"]["rows"][split])]
        + [decimals(metrics.get(name, float("nan")), 3) for name in METRICS]
        for split, metrics in facts["metrics"].items()
        if metrics
    ]
    headers = ["split", "rows", *METRICS]
    return str(tabulate(lines, headers, tablefmt="github", disable_numparse=True))


def _tensorboard_events(history: History) -> bytes:
    """Training loss and validation MAE of each epoch, as a file of TensorBoard events."""
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            for epoch in history:
                for name in ("train_loss", "valid_mae"):
                    writer.add_scalar(name, epoch[name], int(epoch["epoch"]))
        (path,) = Path(folder).iterdir()
        return path.read_bytes()
