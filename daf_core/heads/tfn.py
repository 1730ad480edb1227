"""Tensor fusion: every product of a feature of the words and one of the voice. No weights.

The fusion of Zadeh et al. 2017 (arXiv 1707.07250) on frozen embeddings. A one goes before each
side, so that the products hold the sides themselves too.
"""

from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class TfnHead(nn.Module):
    """[1; text] ⊗ [1; audio] → sentiment. Of an absent modality only the one is left.

    ModalityProjections are projected so small that there are no more products than `concat` has inputs.
    """

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        factors = max(2, isqrt(len(MODALITIES) * (width + 1)))
        self.sides = ModalityProjections(streams, width)
        self.reduce = nn.ModuleList(nn.Linear(width, factors - 1) for _ in MODALITIES)
        self.fuse = MLP(factors ** len(MODALITIES), width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features)
        small = [reduce(sides[:, m]) for m, reduce in enumerate(self.reduce)]
        masked = torch.stack(small, dim=1) * features.present[:, :, None]
        text, audio = functional.pad(masked, (1, 0), value=1.0).unbind(dim=1)
        products: Tensor = torch.einsum("bi,bj->bij", text, audio)
        return Prediction(self.fuse(products.flatten(1), features.noise))
