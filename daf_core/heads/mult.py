"""Cross-attention both ways: words look at the voice, the voice at the words. No weights.

After the multimodal transformer (Tsai et al. 2019, arXiv 1906.00295), in small: one block a
direction on frozen states, each modality's own states kept by a skip, then pooled.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Attend, AttentionPool, Refine, Sequences


class MultHead(nn.Module):
    """Frames → cross-attention → refined → one vector a modality → sentiment."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(streams, width)
        self.normalise = nn.ModuleList(nn.LayerNorm(width) for _ in MODALITIES)
        self.attend = nn.ModuleList(Attend(width) for _ in MODALITIES)
        self.refine = nn.ModuleList(Refine(width) for _ in MODALITIES)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        states, there = self.sequences(features)
        calm = [normalise(states[:, m]) for m, normalise in enumerate(self.normalise)]
        sides = []
        for m in range(len(MODALITIES)):
            other = 1 - m
            seen = self.attend[m](calm[m], calm[other], there[:, other])
            refined = self.refine[m](states[:, m] + seen)
            sides.append(self.pools[m](refined, there[:, m]))
        both = torch.cat([*sides, features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.noise))
