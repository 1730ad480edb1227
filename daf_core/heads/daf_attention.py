"""Attention fusion: modality weights and confidence by attention, for each utterance.

Our first reading of the abstract of arXiv 2509.22729, whose equations we could not see: an adaptive
attention over the modalities of one utterance, on frozen embeddings. On natural speech its weights
hardly move (docs/results.md); the `daf` head takes another way. The weights apply both to the
unimodal predictions and to the projections, which are concatenated. Summed projections, as in most
gated fusions, were no better than plain concatenation.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.fusion import NUM_SCORES, WeightedFusion
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction


class DafAttentionHead(nn.Module):
    """Projections → attention scores → modality weights and confidence → sentiment."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(shapes, width)
        self.attention = MLP(len(MODALITIES) * (width + 1), width, NUM_SCORES)
        self.fusion = WeightedFusion(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        projections = self.sides(features)
        both = torch.cat([projections.flatten(1), features.present.float()], dim=1)
        scores = self.attention(both, features.dropout_masks)
        prediction: Prediction = self.fusion(projections, scores, features, weights)
        return prediction
