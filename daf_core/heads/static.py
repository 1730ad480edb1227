"""Static fusion: one learned weight per modality, the same for every utterance."""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads.fusion import NUM_SCORES, WeightedFusion
from daf_core.heads.parts import Features, ModalityProjections, Prediction


class StaticHead(nn.Module):
    """The DAF head with learned constants, weights and confidence, in place of its attention."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(shapes, width)
        self.scores = nn.Parameter(torch.zeros(NUM_SCORES))
        self.fusion = WeightedFusion(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        scores = self.scores.expand(len(features.present), -1)
        prediction: Prediction = self.fusion(self.sides(features), scores, features, weights)
        return prediction
