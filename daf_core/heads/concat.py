"""Plain concatenation: both projections and what is present, through one network. No weights."""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, Streams
from daf_core.heads.parts import Features, Network, Prediction, Sides
from daf_core.heads.sentiment_bins import POINTS


class ConcatHead(nn.Module):
    """The baseline that elaborate fusion often only ties with."""

    def __init__(self, streams: Streams, width: int) -> None:
        super().__init__()
        self.sides = Sides(streams, width)
        self.fuse = Network(len(MODALITIES) * (width + 1), width, POINTS)

    def forward(self, features: Features) -> Prediction:
        both = torch.cat([self.sides(features).flatten(1), features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.noise))
