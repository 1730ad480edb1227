"""Gated multimodal unit: per utterance and feature, how much of it comes from which modality.

The unit of Arevalo et al. 2017 (arXiv 1702.01992, eq. 1): h_m = tanh(W_m · x_m), gates from all
modalities, h = Σ_m z_m ⊙ h_m. With two modalities its sigmoid is a softmax over both; here over
those that are present.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class GmuHead(nn.Module):
    """Sides → gated sum → sentiment. A modality's weight is the mean of its gates over features."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in MODALITIES)
        self.gates = nn.Linear(len(MODALITIES) * width, len(MODALITIES) * width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features)
        hidden = torch.stack([h(sides[:, m]) for m, h in enumerate(self.hidden)], dim=1).tanh()
        scores = self.gates(sides.flatten(1)).view_as(sides)
        scores = scores.masked_fill(~features.present[:, :, None], float("-inf"))
        gates = scores.softmax(dim=1)
        fused = self.fuse((gates * hidden).sum(dim=1), features.noise)
        return Prediction(fused, gates.mean(dim=2))
