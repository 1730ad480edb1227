"""Stacking: the parts of `daf`, learned apart, joined by constant weights.

    p(y) ∝ π(y) · ((Σ_m w_m · p_m(y)) / π(y))^γ

p_m is what modality m alone says of an utterance with both (`apart.py`). The sum is a linear
opinion pool; γ makes up for a pool being less sure than its members (Ranjan and Gneiting 2010,
Journal of the Royal Statistical Society B 72). w and γ are fitted on validation rows (stacked
generalisation, Wolpert 1992) and are the same for every utterance. So what `daf` gains over this
head, it gains by weights of each utterance.
"""

import math

import torch
from torch import Tensor

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.apart import ModalitiesApart
from daf_core.heads.parts import Features, Prediction


class StackedHead(ModalitiesApart):
    """One head for each modality, trained apart; the weighted mean of their distributions, beside
    that of a part that reads both.
    """

    log_shares: Tensor  # (M,) log w; the w sum to 1
    sharpness: Tensor  # () γ

    def __init__(self, shapes: ColumnShapes, width: int, with_whole: bool = True) -> None:
        super().__init__(shapes, width, with_whole)
        even = torch.full((len(MODALITIES),), -math.log(len(MODALITIES)))
        self.register_buffer("log_shares", even)
        self.register_buffer("sharpness", torch.ones(()))

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        """Predict; `weights` (B, M), if given, replace w."""
        said = self.said_apart(features)
        if weights is None:
            of_present = self.log_shares.masked_fill(~features.present, float("-inf"))
            weights = of_present.softmax(dim=1)
        pooled = pool(said.alone, weights)
        joined = self.prior + self.sharpness * (pooled - self.prior)
        return Prediction(self.fused(said, joined), weights, said.alone, said.raw, said.whole)


def pool(logits: Tensor, weights: Tensor) -> Tensor:
    """Logits (B, NUM_BINS) of the mean, with weights (B, M), of distributions (B, M, NUM_BINS)."""
    logs = weights.clamp_min(1e-9).log()[:, :, None] + logits.log_softmax(dim=2)
    return logs.logsumexp(dim=1)
