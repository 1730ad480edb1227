"""Learned-query pooling: attention picks the steps of words and of voice, then as `concat`."""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import AttentionPool, Sequences


class PoolHead(nn.Module):
    """Frames → one vector a modality → both and what is present → sentiment. No weights."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(streams, width)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        states, there = self.sequences(features)
        sides = [pool(states[:, m], there[:, m]) for m, pool in enumerate(self.pools)]
        both = torch.cat([*sides, features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.noise))
