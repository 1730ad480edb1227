"""Virtual adversarial training: predictions that change little when embeddings move a little.

Miyato et al. 2018 (arXiv 1704.03976), eq. 5 to 10 with one step of power iteration and the paper's
weight of 1; the only choice is how far embeddings move. It needs no labels and works with any head.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from daf_core.heads.parts import Features

PROBE = 0.01  # standard deviations: so small that the divergence is a quadratic form
TINY = 1e-20


def vat_loss(head: nn.Module, features: Features, radius: float) -> Tensor:
    """(B,) Kullback-Leibler divergence between the prediction for each row and the prediction after
    the row moved in the direction that changes it most.

    Args:
        features: as in training: standardised, and with dropout masks, which are the source of each
            row's first random direction. The head itself runs without dropout.
        radius: root mean square, over a row's values, of the move, in standard deviations.
    """
    masks = features.dropout_masks
    assert masks is not None
    still = replace(features, dropout_masks=None)
    with torch.no_grad():
        predicted = head(still).logits.log_softmax(dim=1)

    def divergence(moves: dict[str, Tensor]) -> Tensor:
        values = {name: value + moves[name] for name, value in features.values.items()}
        moved = head(replace(still, values=values)).logits.log_softmax(dim=1)
        kl: Tensor = (predicted.exp() * (predicted - moved)).sum(dim=1)
        return kl

    # Zeros do not move: they may stand for steps beyond an utterance's end.
    start = {
        name: (masks.uniform(value[0].numel()).view_as(value) - 0.5) * (value != 0)
        for name, value in features.values.items()
    }
    sizes = torch.stack([(move != 0).sum(dim=(1, 2)) for move in start.values()])
    root = sizes.sum(dim=0).sqrt()
    probe = _scaled(start, PROBE * root)
    probe = {name: move.requires_grad_() for name, move in probe.items()}
    gradients = torch.autograd.grad(
        divergence(probe).sum(), [*probe.values()], allow_unused=True, materialize_grads=True
    )
    worst = dict(zip(probe, gradients, strict=True))
    return divergence(_scaled(worst, radius * root))


def _scaled(moves: dict[str, Tensor], lengths: Tensor) -> dict[str, Tensor]:
    """Moves (B, L, F) scaled to `lengths` (B,), the length of each row over all columns."""
    squares = [move.square().sum(dim=(1, 2)) for move in moves.values()]
    factor = lengths / (torch.stack(squares).sum(dim=0) + TINY).sqrt()
    return {name: move * factor[:, None, None] for name, move in moves.items()}
