"""Plain concatenation: both projections and what is present, through one network. No weights."""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class ConcatHead(nn.Module):
    """The baseline that elaborate fusion often only ties with."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        both = torch.cat([self.sides(features).flatten(1), features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.noise))
