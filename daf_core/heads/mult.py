"""Cross-attention in both directions, from text to audio and back. No modality weights.

After the multimodal transformer (Tsai et al. 2019, arXiv 1906.00295), in small: one block per
direction on the states of frozen encoders, with a skip connection from each modality's own states,
then pooling.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Attend, AttentionPool, Refine, Sequences


class MultHead(nn.Module):
    """Frames → cross-attention → position-wise network → one vector a modality → sentiment."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(shapes, width)
        self.normalise = nn.ModuleList(nn.LayerNorm(width) for _ in MODALITIES)
        self.attend = nn.ModuleList(Attend(width) for _ in MODALITIES)
        self.refine = nn.ModuleList(Refine(width) for _ in MODALITIES)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        states, is_step = self.sequences(features)
        normed = [normalise(states[:, m]) for m, normalise in enumerate(self.normalise)]
        pooled = []
        for m in range(len(MODALITIES)):
            other = 1 - m
            attended = self.attend[m](normed[m], normed[other], is_step[:, other])
            refined = self.refine[m](states[:, m] + attended)
            pooled.append(self.pools[m](refined, is_step[:, m]))
        both = torch.cat([*pooled, features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.dropout_masks))
