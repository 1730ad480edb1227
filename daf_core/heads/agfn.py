"""Dual gates: by how sure each modality is, and by how important each feature is.

Our reading of AGFN (arXiv 2510.01677: its abstract, and equations that others quote; we could not
see the paper). The entropy gate weighs modalities by a score, damped by the entropy of what each
says alone; the importance gate weighs every feature by both sides; a learned number mixes the two.
Its smoothness loss is virtual adversarial training, which the recipe has for any head.
"""

from math import log

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction, UnimodalLogits
from daf_core.heads.sentiment_bins import NUM_BINS


class AgfnHead(nn.Module):
    """α · Σ_m softmax_m(z_m · exp(-H_m)) · side_m + (1 - α) · W [σ(g_m) ⊙ side_m] → sentiment.

    H_m is the entropy of what modality m says alone, as a share of the largest possible. The
    weights are those of the entropy gate.
    """

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sides = ModalityProjections(streams, width)
        self.alone = UnimodalLogits(width)
        self.score = nn.ModuleList(nn.Linear(width, 1) for _ in MODALITIES)
        self.importance = nn.Linear(both, both)
        self.importance_out = nn.Linear(both, width)
        self.balance = nn.Parameter(torch.zeros(()))  # σ of it is α: starts at 1/2
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        sides = self.sides(features)
        said = self.alone(sides, features.noise)
        if weights is None:
            z = torch.cat([score(sides[:, m]) for m, score in enumerate(self.score)], dim=1)
            gated = z * torch.exp(-_entropy(said))
            weights = gated.masked_fill(~features.present, float("-inf")).softmax(dim=1)
        by_entropy = (weights[:, :, None] * sides).sum(dim=1)
        both = sides.flatten(1)
        by_importance = self.importance_out(torch.sigmoid(self.importance(both)) * both)
        alpha = torch.sigmoid(self.balance)
        fused = alpha * by_entropy + (1 - alpha) * by_importance
        return Prediction(self.fuse(fused, features.noise), weights, said)


def _entropy(logits: Tensor) -> Tensor:
    """Of distributions (B, M, NUM_BINS): (B, M) in [0, 1]."""
    shares = logits.log_softmax(dim=2)
    return -(shares.exp() * shares).sum(dim=2) / log(NUM_BINS)
