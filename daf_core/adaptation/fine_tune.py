"""Fine-tune the layers of a head on few labelled rows.

Each of several copies of the head goes on training on all recordings but some, stops when its error
on these grows, and the weights of the copies are averaged: an average of weights that started
together is as good as an ensemble (Wortsman et al. 2022, arXiv 2203.05482), and it uses all rows
both to train and to stop. A copy that no epoch improves stays what it was.
"""

import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from daf_core.adaptation.labelled_rows import Index, LabelledRows
from daf_core.training.balance import even_weights
from daf_core.training.evidence import label_priors
from daf_core.training.loop import fit, judge
from daf_core.training.recipe import Recipe
from daf_core.training.state import State

COPIES = 3
RECIPE = Recipe(
    epochs=30, patience=4, batch_rows=64, learning_rate=5e-4, weight_decay=0.01, average=0.0
)


def fine_tune(head: nn.Module, labelled: LabelledRows, recipe: Recipe, seed: int) -> nn.Module:
    """The head, trained further on labelled rows; `head` itself stays as it is.

    The standardisation of its columns stays that of the rows that it was first trained on.
    """
    states = [
        _go_on(head, labelled.select(train), labelled.select(valid), recipe, seed)
        for valid, train in folds(labelled.clusters, COPIES, seed)
    ]
    tuned = copy.deepcopy(head)
    tuned.load_state_dict(
        {name: torch.stack([one[name] for one in states]).mean(dim=0) for name in states[0]}
    )
    return tuned.eval()


def folds(clusters: Index, number: int, seed: int) -> Iterator[tuple[Index, Index]]:
    """(rows of some recordings, all other rows), so that every row is in one of the first; at most
    `number` of them, and no more than there are recordings.
    """
    names, own = np.unique(clusters, return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % number
    for fold in range(min(number, len(names))):
        inside = fold_of[own] == fold
        yield np.flatnonzero(inside), np.flatnonzero(~inside)


def _go_on(
    head: nn.Module, train: LabelledRows, valid: LabelledRows, recipe: Recipe, seed: int
) -> dict[str, Tensor]:
    """The weights of a copy of the head, trained further."""
    module = copy.deepcopy(head)
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    even = even_weights(valid.rows)
    priors = label_priors([(train.rows, 1.0)], even)
    found = judge(module, valid.rows, even, priors)
    losses = {name: one.loss for name, one in found.items()}
    start = State(
        -1, weights, optimiser.state_dict(), dict.fromkeys(losses, -1), losses, weights, []
    )
    return fit(module, train.rows, valid.rows, recipe, seed=seed, resume=start).best_head
