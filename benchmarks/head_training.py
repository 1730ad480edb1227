"""Rows a second of head training: ours, a hand-written loop, and the loop of MMSA.

    python benchmarks/head_training.py [--rows 20000] [--epochs 10] [--batch N] [--rounds 3]

The same DAF head, embeddings (random, of the default encoders' shape), machine and threads for
all, and the same batch size (that which `daf train` takes for so many rows) but where a line says
another; forward, backward, optimiser and a validation of a tenth of the rows each epoch. In turns,
some rounds; the fastest of each counts, the one that the machine disturbed least.

- ours: daf_core.training.loop.fit, as `daf train` runs it on each worker, standardisation and all;
  also in batches a quarter as large;
- the least: forward and backward of one batch that stays, again and again; no rows gathered, no
  optimiser, no validation, no noise;
- hand-written: a plain torch loop over tensors in memory, standardised at first, fused AdamW;
- MMSA: its trainer's loop (MMSA 2.2.1, trains/singleTask/TFN.py and data_loader.py): a Dataset of
  float32 arrays that gives dicts of tensors, a DataLoader of no or four processes (its default),
  Adam, the loss and the predictions of each step brought back, metrics of training and validation
  rows each epoch; also in the batches that its config_regression.json gives LF_DNN and LMF, its
  models nearest in size, for MOSEI. Written out here: its package is not installed.
"""

import argparse
import math
import os
import time
import warnings
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from daf_core.heads import build
from daf_core.heads.parts import DropoutMasks, Features
from daf_core.heads.sentiment_bins import cross_entropy
from daf_core.measures.metrics import regression_metrics
from daf_core.training.loop import fit
from daf_core.training.recipe import Recipe, usual_batch
from daf_core.training.rows import Rows, standardise, standardised

STREAMS = {"text": (7, 384), "audio": (5, 768)}
MMSA_BATCHES = {"LF_DNN": 64, "LMF": 32}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, help="rows a step")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    train, valid = corpus(asked.rows, 0), corpus(asked.rows // 10, 1)
    batch_rows = asked.batch or usual_batch(asked.rows)
    recipe = Recipe(epochs=asked.epochs, patience=asked.epochs, batch_rows=batch_rows)
    smaller = replace(recipe, batch_rows=batch_rows // 4)
    loops = {
        "ours": partial(ours, recipe=recipe),
        f"ours, batches of {smaller.batch_rows}": partial(ours, recipe=smaller),
        "the least": partial(least, recipe=recipe),
        "hand-written loop": partial(by_hand, recipe=recipe),
        "MMSA's loop, no processes": partial(mmsa, recipe=recipe, processes=0),
        "MMSA's loop": partial(mmsa, recipe=recipe, processes=4),
        **{
            f"MMSA's loop, as its {model}: {batch}": partial(
                mmsa, recipe=replace(recipe, batch_rows=batch), processes=4
            )
            for model, batch in MMSA_BATCHES.items()
        },
    }
    by_hand(valid, valid, replace(recipe, epochs=1))  # torch loads more at its first step
    seconds = dict.fromkeys(loops, math.inf)
    for _ in range(asked.rounds):
        for name, loop in loops.items():
            seconds[name] = min(seconds[name], loop(train, valid))
    print(f"{asked.rows} rows, {asked.epochs} epochs, batches of {batch_rows}")
    for name, took in seconds.items():
        rate = asked.rows * asked.epochs / took
        print(
            f"{name:32} {took:7.2f} s {rate:9.0f} rows/s  ours is {took / seconds['ours']:5.2f} ×"
        )


def corpus(rows: int, seed: int) -> Rows:
    """Random embeddings of both modalities, and labels."""
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.randn(rows, *shape, generator=generator).half()
        for name, shape in STREAMS.items()
    }
    labels = values["text"][:, 4, 0].float().clamp(-3, 3)
    return Rows(values, torch.ones(rows, 2, dtype=torch.bool), labels)


def ours(train: Rows, valid: Rows, recipe: Recipe) -> float:
    """Seconds of `fit`."""
    head = build("daf", STREAMS, recipe.width)
    started = time.perf_counter()
    fit(head, train, valid, recipe)
    return time.perf_counter() - started


def least(train: Rows, valid: Rows, recipe: Recipe) -> float:
    """Seconds of the passes through the head alone, as many as there are steps."""
    head = build("daf", STREAMS, recipe.width)
    values = {name: value[: recipe.batch_rows] for name, value in train.values.items()}
    batch = Features(values, train.present[: recipe.batch_rows], standard=True)
    y = train.labels[: recipe.batch_rows]
    started = time.perf_counter()
    for _ in range(recipe.epochs * math.ceil(len(train.labels) / recipe.batch_rows)):
        said = head(batch)
        loss = cross_entropy(said.logits, y).mean()
        loss = loss + recipe.side_loss * cross_entropy(said.side_logits, y).mean()
        loss.backward()
    return time.perf_counter() - started


def by_hand(train: Rows, valid: Rows, recipe: Recipe) -> float:
    """Seconds of the loop that one would write for this head."""
    head = build("daf", STREAMS, recipe.width)
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.learning_rate, fused=True)
    generator = torch.Generator().manual_seed(0)
    present, y = train.present, train.labels
    started = time.perf_counter()
    moments = {name: (x.float().mean(0), x.float().std(0)) for name, x in train.values.items()}
    x, held_out = (
        {
            name: ((value.float() - moments[name][0]) / moments[name][1]).clamp_(-8, 8).half()
            for name, value in rows.values.items()
        }
        for rows in (train, valid)
    )
    for _ in range(recipe.epochs):
        for index in torch.randperm(len(y)).split(recipe.batch_rows):
            values = {name: value.index_select(0, index) for name, value in x.items()}
            noise = DropoutMasks(generator, len(index), torch.arange(len(index)))
            said = head(Features(values, present[index], noise, standard=True))
            loss = cross_entropy(said.logits, y[index]).mean()
            loss = loss + recipe.side_loss * cross_entropy(said.side_logits, y[index]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            everything = Features(held_out, valid.present, standard=True)
            (head(everything).sentiment - valid.labels).abs().mean().item()
    return time.perf_counter() - started


class Samples(Dataset[dict[str, Any]]):
    """As MMSA's MMDataset: one dict of tensors a row."""

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


def mmsa(train: Rows, valid: Rows, recipe: Recipe, processes: int) -> float:
    """Seconds of MMSA's trainer with this head for a model."""
    head = build("daf", STREAMS, recipe.width)
    standardise(head, train)
    loaders = [
        DataLoader(
            Samples(head, rows), batch_size=recipe.batch_rows, num_workers=processes, shuffle=True
        )
        for rows in (train, valid)
    ]
    optimiser = torch.optim.Adam(head.parameters(), lr=recipe.learning_rate)
    criterion = cross_entropy
    started = time.perf_counter()
    for _ in range(recipe.epochs):
        for training, loader in zip((True, False), loaders, strict=True):
            predicted, true, total = [], [], 0.0
            for batch in loader:
                labels = batch["labels"]["M"].view(-1)
                values = {name: batch[name] for name in STREAMS}
                present = torch.ones(len(labels), 2, dtype=torch.bool)
                everyone = torch.arange(len(labels))
                noise = (
                    DropoutMasks(torch.default_generator, len(labels), everyone)
                    if training
                    else None
                )
                with torch.set_grad_enabled(training):
                    said = head(Features(values, present, noise, standard=True))
                    loss = criterion(said.logits, labels).mean()
                if training:
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                total += loss.item()
                predicted.append(said.sentiment.detach().cpu())
                true.append(labels.cpu())
            regression_metrics(torch.cat(predicted).numpy(), np.asarray(torch.cat(true)))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
