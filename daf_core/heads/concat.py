"""Concatenation: both projections and which modalities are present → MLP. No modality weights."""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class ConcatHead(nn.Module):
    """The baseline that more elaborate fusion often fails to beat."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(shapes, width)
        self.fuse = MLP(len(MODALITIES) * (width + 1), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        both = torch.cat([self.sides(features).flatten(1), features.present.float()], dim=1)
        return Prediction(self.fuse(both, features.dropout_masks))
