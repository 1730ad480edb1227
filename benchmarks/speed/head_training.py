"""Rows per second of head training: ours, a hand-written loop, and the loop of MMSA.

    python -m benchmarks.speed.head_training [--rows 20000] [--epochs 10] [--batch N] [--rounds 3]

All loops train the same DAF head on the same random embeddings (of the default encoders' shapes),
with the same threads and the batch size that `daf train` takes for so many rows, unless a line of
the table says otherwise. Each epoch validates on a tenth as many rows. The loops run in turns; the
table has the fastest of some rounds, as other work disturbs each round differently.

- ours: `daf_core.training.loop.fit`, as `daf train` runs it, with standardisation; also in batches
  a quarter as large;
- passes alone: forward and backward over one batch, without optimiser, validation or dropout;
- hand-written loop: plain torch over tensors in memory, standardised once, fused AdamW;
- MMSA: the loop of its trainer (MMSA 2.2.1, trains/singleTask/TFN.py and data_loader.py), written
  out here: a Dataset of float32 arrays, a DataLoader with no or four processes (its default), Adam,
  loss and predictions brought back at each step, metrics of train and validation rows at each
  epoch; also in the batches that its config_regression.json gives LF_DNN and LMF for MOSEI.
"""

import math
import os
import time
import warnings
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.command_line import parser_for
from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads import build
from daf_core.heads.parts import DropoutMasks, Features, Prediction
from daf_core.measures.metrics import regression_metrics
from daf_core.training.loop import fit
from daf_core.training.loss import fit_to_labels
from daf_core.training.recipe import Recipe, usual_batch
from daf_core.training.rows import Rows, standardise, standardised

SHAPES: ColumnShapes = {"text": (7, 384), "audio": (5, 768)}
MMSA_BATCHES = {"LF_DNN": 64, "LMF": 32}


class Plan(NamedTuple):
    """What all loops do: passes over the train rows, in steps of so many rows."""

    epochs: int
    batch_rows: int

    @property
    def recipe(self) -> Recipe:
        """The same for `fit`, without early stopping and averaged weights."""
        return Recipe(
            epochs=self.epochs, patience=self.epochs, batch_rows=self.batch_rows, average=0.0
        )

    @property
    def learning_rate(self) -> float:
        """The one that `fit` takes."""
        return self.recipe.learning_rate


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, help="rows per step; default: as `daf train`")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    train, valid = random_rows(asked.rows, 0), random_rows(asked.rows // 10, 1)
    plan = Plan(asked.epochs, asked.batch or usual_batch(asked.rows))
    smaller = plan._replace(batch_rows=max(1, plan.batch_rows // 4))
    loops = {
        "ours": partial(ours, plan=plan),
        f"ours, batches of {smaller.batch_rows}": partial(ours, plan=smaller),
        "passes alone": partial(passes_alone, plan=plan),
        "hand-written loop": partial(by_hand, plan=plan),
        "MMSA's loop, no processes": partial(mmsa, plan=plan, processes=0),
        "MMSA's loop": partial(mmsa, plan=plan, processes=4),
    }
    for model, batch in MMSA_BATCHES.items():
        own = plan._replace(batch_rows=batch)
        loops[f"MMSA's loop, as its {model}: {batch}"] = partial(mmsa, plan=own, processes=4)
    by_hand(valid, valid, plan._replace(epochs=1))  # torch loads more at its first step
    seconds = dict.fromkeys(loops, math.inf)
    for _ in range(asked.rounds):
        for name, loop in loops.items():
            seconds[name] = min(seconds[name], loop(train, valid))
    print(f"{asked.rows} rows, {asked.epochs} epochs, batches of {plan.batch_rows}")
    for name, took in seconds.items():
        rate = asked.rows * asked.epochs / took
        print(
            f"{name:32} {took:7.2f} s {rate:9.0f} rows/s  ours is {took / seconds['ours']:5.2f} ×"
        )


def random_rows(rows: int, seed: int) -> Rows:
    """Random embeddings of both modalities, and labels."""
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.randn(rows, *shape, generator=generator).half()
        for name, shape in SHAPES.items()
    }
    labels = values["text"][:, 4, 0].float().clamp(-3, 3)
    return Rows(values, torch.ones(rows, 2, dtype=torch.bool), labels)


def mean_loss(prediction: Prediction, labels: Tensor) -> Tensor:
    """The loss that `fit` minimises, for rows with both modalities."""
    present = torch.ones(len(labels), len(SHAPES), dtype=torch.bool)
    return fit_to_labels(prediction, labels, present, Recipe().side_loss).mean()


def ours(train: Rows, valid: Rows, plan: Plan) -> float:
    """Seconds of `fit`."""
    head = build("daf", SHAPES, plan.recipe.width)
    started = time.perf_counter()
    fit(head, train, valid, plan.recipe)
    return time.perf_counter() - started


def passes_alone(train: Rows, valid: Rows, plan: Plan) -> float:
    """Seconds of the passes through the head alone, as many as there are steps."""
    head = build("daf", SHAPES, plan.recipe.width)
    values = {name: value[: plan.batch_rows] for name, value in train.values.items()}
    batch = Features(values, train.present[: plan.batch_rows], standard=True)
    labels = train.labels[: plan.batch_rows]
    started = time.perf_counter()
    for _ in range(plan.epochs * math.ceil(len(train.labels) / plan.batch_rows)):
        torch.autograd.backward(mean_loss(head(batch), labels))
    return time.perf_counter() - started


def by_hand(train: Rows, valid: Rows, plan: Plan) -> float:
    """Seconds of the loop that one would write for this head."""
    head = build("daf", SHAPES, plan.recipe.width)
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.learning_rate, fused=True)
    generator = torch.Generator().manual_seed(0)
    started = time.perf_counter()
    moments = {name: (x.float().mean(0), x.float().std(0)) for name, x in train.values.items()}
    x, held_out = (
        {
            name: ((value.float() - moments[name][0]) / moments[name][1]).clamp_(-8, 8).half()
            for name, value in rows.values.items()
        }
        for rows in (train, valid)
    )
    for _ in range(plan.epochs):
        for index in torch.split(torch.randperm(len(train.labels)), plan.batch_rows):
            values = {name: value.index_select(0, index) for name, value in x.items()}
            masks = DropoutMasks(generator, len(index), torch.arange(len(index)))
            prediction = head(Features(values, train.present[index], masks, standard=True))
            optimiser.zero_grad()
            torch.autograd.backward(mean_loss(prediction, train.labels[index]))
            optimiser.step()
        with torch.no_grad():
            everything = Features(held_out, valid.present, standard=True)
            (head(everything).sentiment - valid.labels).abs().mean().item()
    return time.perf_counter() - started


class Samples(Dataset[dict[str, Any]]):
    """As MMSA's MMDataset: one dict of tensors per row."""

    def __init__(self, head: torch.nn.Module, rows: Rows) -> None:
        values = standardised(head, rows).values
        self.arrays = {name: value.float().numpy() for name, value in values.items()}
        self.labels = rows.labels.numpy()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict[str, Any]:
        sample = {name: torch.Tensor(array[index]) for name, array in self.arrays.items()}
        labels = {"M": torch.Tensor(self.labels[index].reshape(-1))}
        return {**sample, "index": index, "id": f"row${index}", "labels": labels}


def mmsa(train: Rows, valid: Rows, plan: Plan, processes: int) -> float:
    """Seconds of MMSA's trainer with this head as its model."""
    head = build("daf", SHAPES, plan.recipe.width)
    standardise(head, train)
    train_loader, valid_loader = (
        DataLoader(
            Samples(head, rows), batch_size=plan.batch_rows, num_workers=processes, shuffle=True
        )
        for rows in (train, valid)
    )
    optimiser = torch.optim.Adam(head.parameters(), lr=plan.learning_rate)
    started = time.perf_counter()
    for _ in range(plan.epochs):
        mmsa_pass(head, train_loader, optimiser)
        mmsa_pass(head, valid_loader, None)
    return time.perf_counter() - started


def mmsa_pass(
    head: torch.nn.Module,
    loader: DataLoader[dict[str, Any]],
    optimiser: torch.optim.Optimizer | None,
) -> None:
    """One pass over a loader, with its metrics; trains where there is an optimiser."""
    training, predicted, true, total = optimiser is not None, [], [], 0.0
    for batch in loader:
        labels = batch["labels"]["M"].view(-1)
        values = {name: batch[name] for name in SHAPES}
        present = torch.ones(len(labels), 2, dtype=torch.bool)
        everyone = torch.arange(len(labels))
        masks = DropoutMasks(torch.default_generator, len(labels), everyone) if training else None
        with torch.set_grad_enabled(training):
            prediction = head(Features(values, present, masks, standard=True))
            loss = mean_loss(prediction, labels)
        if optimiser is not None:
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        total += loss.item()
        predicted.append(prediction.sentiment.detach().cpu())
        true.append(labels.cpu())
    regression_metrics(torch.cat(predicted).numpy(), np.asarray(torch.cat(true)))


if __name__ == "__main__":
    main()
