"""Virtual adversarial training: answers that hold where embeddings move a little.

Miyato et al. 2018 (arXiv 1704.03976), eq. 5 to 10 with one step of power iteration and the weight
1 that they take: the only thing to choose is how far embeddings move. It needs no labels, and takes
any head.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from daf_core.heads.parts import Features

PROBE = 0.01  # standard deviations: small, so that the divergence is a quadratic form
TINY = 1e-20


def vat_loss(head: nn.Module, features: Features, radius: float) -> Tensor:
    """(B,) Kullback-Leibler divergence between what `head` says of rows and what it would say if
    they moved where that changes most.

    features: as in training, standardised and with noise, which gives each row its first direction;
    radius: root mean square over a row's values of how far they move, in standard deviations.
    """
    assert features.noise is not None
    still = replace(features, noise=None)
    with torch.no_grad():
        said = head(still).logits.log_softmax(dim=1)

    def divergence(moves: dict[str, Tensor]) -> Tensor:
        values = {name: value + moves[name] for name, value in features.values.items()}
        moved = head(replace(still, values=values)).logits.log_softmax(dim=1)
        apart: Tensor = (said.exp() * (said - moved)).sum(dim=1)
        return apart

    # What is 0 stays so: it may stand for steps beyond an utterance's end.
    start = {
        name: (features.noise.uniform(value[0].numel()).view_as(value) - 0.5) * (value != 0)
        for name, value in features.values.items()
    }
    sizes = torch.stack([(move != 0).sum(dim=(1, 2)) for move in start.values()])
    root = sizes.sum(dim=0).sqrt()
    probe = _of_length(start, PROBE * root)
    probe = {name: move.requires_grad_() for name, move in probe.items()}
    gradients = torch.autograd.grad(
        divergence(probe).sum(), [*probe.values()], allow_unused=True, materialize_grads=True
    )
    worst = dict(zip(probe, gradients, strict=True))
    return divergence(_of_length(worst, radius * root))


def _of_length(moves: dict[str, Tensor], lengths: Tensor) -> dict[str, Tensor]:
    """Moves (B, L, F) in the same direction, each row of these lengths (B,) over all columns."""
    squares = [move.square().sum(dim=(1, 2)) for move in moves.values()]
    factor = lengths / (torch.stack(squares).sum(dim=0) + TINY).sqrt()
    return {name: move * factor[:, None, None] for name, move in moves.items()}
