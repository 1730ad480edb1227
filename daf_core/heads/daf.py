"""The Dynamic Attention Fusion head: per utterance, how much to trust the words and the voice.

Our reading of the abstract of arXiv 2509.22729, whose equations we could not see: an adaptive
attention over the modalities of one utterance, on frozen embeddings. What is weighed is what each
modality says of the sentiment, and its projection, set side by side with the other's; projections
summed, as in most gated fusions, only tie with plain concatenation.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.fusion import OPINIONS, WeightedFusion
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction


class DafHead(nn.Module):
    """Sides → attention scores from both of them → weights and confidence → sentiment."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.attention = MLP(len(MODALITIES) * (width + 1), width, OPINIONS)
        self.fusion = WeightedFusion(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        sides = self.sides(features)
        both = torch.cat([sides.flatten(1), features.present.float()], dim=1)
        scores = self.attention(both, features.noise)
        prediction: Prediction = self.fusion(sides, scores, features, weights)
        return prediction
