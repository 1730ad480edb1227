"""Late fusion: each modality says its own, the mean of their distributions is the answer."""

from torch import Tensor, nn

from daf_core.embeddings.columns import Streams
from daf_core.heads.parts import Alone, Features, Prediction, Sides


class LateHead(nn.Module):
    """Two single heads trained together, averaged."""

    def __init__(self, streams: Streams, width: int) -> None:
        super().__init__()
        self.sides = Sides(streams, width)
        self.alone = Alone(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        said = self.alone(self.sides(features), features.noise)
        if weights is None:
            weights = features.present / features.present.sum(dim=1, keepdim=True)
        mean = (weights[:, :, None] * said.softmax(dim=2)).sum(dim=1)
        return Prediction(mean.clamp_min(1e-9).log(), weights, said)
