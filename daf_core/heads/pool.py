"""Attention pooling of the frames of each modality, then as `concat`. No modality weights."""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import AttentionPool, Sequences


class PoolHead(nn.Module):
    """Frames → one vector a modality → both, and which are present → sentiment."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(shapes, width)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        states, is_step = self.sequences(features)
        pooled = [pool(states[:, m], is_step[:, m]) for m, pool in enumerate(self.pools)]
        both = torch.cat([*pooled, features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.dropout_masks))
