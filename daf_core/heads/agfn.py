"""AGFN: gates by the certainty of each modality and by the importance of each feature.

Our reading of AGFN (arXiv 2510.01677: its abstract, and equations quoted by others; we could not
see the paper). The entropy gate weights modalities by a score that is damped by the entropy of
their unimodal predictions. The importance gate weights every feature of both projections. A learned
number mixes the two. The paper's smoothness loss is virtual adversarial training, which the recipe
offers for every head.
"""

from math import log

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction, UnimodalLogits
from daf_core.heads.sentiment_bins import NUM_BINS


class AgfnHead(nn.Module):
    """α · Σ_m softmax_m(z_m · exp(-H_m)) · x_m + (1 - α) · W [σ(g_m) ⊙ x_m] → sentiment.

    x_m is the projection of modality m, H_m the entropy of its unimodal prediction as a share of
    the largest possible entropy. The modality weights are those of the entropy gate.
    """

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sides = ModalityProjections(shapes, width)
        self.alone = UnimodalLogits(width)
        self.score = nn.ModuleList(nn.Linear(width, 1) for _ in MODALITIES)
        self.importance = nn.Linear(both, both)
        self.importance_out = nn.Linear(both, width)
        self.balance = nn.Parameter(torch.zeros(()))  # α = σ(balance), starts at 1/2
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        masks = features.dropout_masks
        projections = self.sides(features)
        unimodal = self.alone(projections, masks)
        if weights is None:
            z = torch.cat([score(projections[:, m]) for m, score in enumerate(self.score)], dim=1)
            gated = z * torch.exp(-_entropy(unimodal))
            weights = gated.masked_fill(~features.present, float("-inf")).softmax(dim=1)
        by_entropy = (weights[:, :, None] * projections).sum(dim=1)
        both = projections.flatten(1)
        by_importance = self.importance_out(torch.sigmoid(self.importance(both)) * both)
        alpha = torch.sigmoid(self.balance)
        fused = alpha * by_entropy + (1 - alpha) * by_importance
        return Prediction(self.fuse(fused, masks), weights, unimodal)


def _entropy(logits: Tensor) -> Tensor:
    """Entropy (B, M) in [0, 1] of distributions (B, M, NUM_BINS)."""
    log_probabilities = logits.log_softmax(dim=2)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=2) / log(NUM_BINS)
