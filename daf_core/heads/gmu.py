"""Gated multimodal unit: for each feature of an utterance, how much comes from which modality.

The unit of Arevalo et al. 2017 (arXiv 1702.01992, eq. 1): h_m = tanh(W_m · x_m), gates z_m computed
from all modalities, h = Σ_m z_m ⊙ h_m. The paper's sigmoid for two modalities is a softmax over
both; here the softmax is over the modalities that are present.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class GmuHead(nn.Module):
    """Projections → gated sum → sentiment. A modality's weight is the mean of its gates."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(shapes, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in MODALITIES)
        self.gates = nn.Linear(len(MODALITIES) * width, len(MODALITIES) * width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        projections = self.sides(features)
        hidden = [linear(projections[:, m]) for m, linear in enumerate(self.hidden)]
        scores = self.gates(projections.flatten(1)).view_as(projections)
        scores = scores.masked_fill(~features.present[:, :, None], float("-inf"))
        gates = scores.softmax(dim=1)
        fused = (gates * torch.stack(hidden, dim=1).tanh()).sum(dim=1)
        return Prediction(self.fuse(fused, features.dropout_masks), gates.mean(dim=2))
