"""Low-rank multimodal fusion: what tensor fusion computes, without making the tensor. No weights.

The fusion of Liu et al. 2018 (arXiv 1806.00064) on frozen embeddings: the weights of a network on
the tensor [1; text] ⊗ [1; audio] are a sum of RANK outer products, so that the answer is a sum of
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
    """Σ_r Π_m (W_mr · [1; side_m]) → sentiment. Of an absent modality only the one is left."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.width = width
        self.sides = ModalityProjections(streams, width)
        # A linear map's bias is what the one is multiplied with; it starts at 1, so that what one
        # modality says is not lost where the other says nothing.
        factors = [nn.Linear(width, RANK * width) for _ in MODALITIES]
        for factor in factors:
            nn.init.ones_(factor.bias)
        self.factors = nn.ModuleList(factors)
        self.out = nn.Linear(width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features)
        factors = [factor(sides[:, m]) for m, factor in enumerate(self.factors)]
        products = torch.stack(factors).prod(dim=0).view(-1, RANK, self.width)
        fused: Tensor = functional.gelu(products.mean(dim=1))
        return Prediction(self.out(drop(fused, features.noise)))
