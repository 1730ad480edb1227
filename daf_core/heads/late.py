"""Late fusion: each modality says its own, the mean of their distributions is the answer."""

from torch import Tensor, nn

from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads.parts import Features, ModalityProjections, Prediction, UnimodalLogits


class LateHead(nn.Module):
    """Two single heads trained together, averaged."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(streams, width)
        self.alone = UnimodalLogits(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        said = self.alone(self.sides(features), features.noise)
        if weights is None:
            weights = features.present / features.present.sum(dim=1, keepdim=True)
        mean = (weights[:, :, None] * said.softmax(dim=2)).sum(dim=1)
        return Prediction(mean.clamp_min(1e-9).log(), weights, said)
