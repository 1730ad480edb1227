"""Late fusion: each modality gives its own sentiment, the mean of those present is the answer."""

from torch import Tensor, nn

from daf_core.heads.streams import Alone, Features, Prediction, Sides
from daf_core.modalities import Streams


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
        return Prediction((weights * said).sum(dim=1), weights, said)
