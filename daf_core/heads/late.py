"""Late fusion: the mean of the unimodal distributions."""

from torch import Tensor, nn

from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads.parts import Features, ModalityProjections, Prediction, UnimodalLogits


class LateHead(nn.Module):
    """Two unimodal heads, trained together and averaged."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sides = ModalityProjections(shapes, width)
        self.alone = UnimodalLogits(width)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        unimodal = self.alone(self.sides(features), features.dropout_masks)
        if weights is None:
            weights = features.present / features.present.sum(dim=1, keepdim=True)
        mean = (weights[:, :, None] * unimodal.softmax(dim=2)).sum(dim=1)
        return Prediction(mean.clamp_min(1e-9).log(), weights, unimodal)
