"""Low-rank multimodal fusion: tensor fusion without building the tensor. No modality weights.

The fusion of Liu et al. 2018 (arXiv 1806.00064) on frozen embeddings: the weights of a linear map
on the tensor [1; text] ⊗ [1; audio] are a sum of RANK outer products, so the output is a sum of
products of one linear map per modality.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import Features, ModalityProjections, Prediction, drop
from daf_core.heads.sentiment_bins import NUM_BINS

RANK = 4


class LmfHead(nn.Module):
    """Σ_r Π_m (W_mr · [1; x_m]) → sentiment. An absent modality contributes the 1 alone."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.width = width
        self.sides = ModalityProjections(shapes, width)
        # The bias of a linear map is its weight for the 1. It starts at 1, so that an absent
        # modality leaves the product as it is.
        factors = [nn.Linear(width, RANK * width) for _ in MODALITIES]
        for factor in factors:
            nn.init.ones_(factor.bias)
        self.factors = nn.ModuleList(factors)
        self.out = nn.Linear(width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        projections = self.sides(features)
        factors = [factor(projections[:, m]) for m, factor in enumerate(self.factors)]
        products = torch.stack(factors).prod(dim=0).view(-1, RANK, self.width)
        fused: Tensor = functional.gelu(products.mean(dim=1))
        return Prediction(self.out(drop(fused, features.dropout_masks)))
