"""Tensor fusion: all products of a text feature and an audio feature. No modality weights.

The fusion of Zadeh et al. 2017 (arXiv 1707.07250) on frozen embeddings. A 1 is put before the
features of each modality, so that the products also hold the features themselves.
"""

from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class TfnHead(nn.Module):
    """[1; text] ⊗ [1; audio] → sentiment. An absent modality contributes the 1 alone.

    The projections are reduced first, so that there are no more products than `concat` has inputs.
    """

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        factors = max(2, isqrt(len(MODALITIES) * (width + 1)))
        self.sides = ModalityProjections(shapes, width)
        self.reduce = nn.ModuleList(nn.Linear(width, factors - 1) for _ in MODALITIES)
        self.fuse = MLP(factors ** len(MODALITIES), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        projections = self.sides(features)
        reduced = [reduce(projections[:, m]) for m, reduce in enumerate(self.reduce)]
        masked = torch.stack(reduced, dim=1) * features.present[:, :, None]
        text, audio = functional.pad(masked, (1, 0), value=1.0).unbind(dim=1)
        products: Tensor = torch.einsum("bi,bj->bij", text, audio)
        return Prediction(self.fuse(products.flatten(1), features.dropout_masks))
