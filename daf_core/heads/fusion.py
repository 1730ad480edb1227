"""How weighted modalities become one answer: shared by the heads that weigh them."""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import MLP, Features, Prediction, UnimodalLogits
from daf_core.heads.sentiment_bins import NUM_BINS

OPINIONS = len(MODALITIES) + 1  # a score for each modality, and one for how sure the answer is


class WeightedFusion(nn.Module):
    """A logarithmic opinion pool of what each modality says alone, corrected by what both say.

        log p(y) = c · Σ_m M · w_m · log p_m(y) + f([M · w_m · side_m])(y) + constant

    The pool: Genest and Zidek 1986, Statistical Science 1; here weights w and confidence c
    (in (0, 2)) are an utterance's own. Where sides are independent given the sentiment, the pool is
    Bayes' rule; f, a small network on weighted sides set side by side, learns what they are not.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alone = UnimodalLogits(width)
        self.fuse = MLP(len(MODALITIES) * width, width, NUM_BINS)

    def forward(
        self, sides: Tensor, scores: Tensor, features: Features, weights: Tensor | None = None
    ) -> Prediction:
        """Sides (B, M, D) and scores (B, OPINIONS): those of modalities become weights by a softmax
        over what is present, the last one the confidence. Or `weights` (B, M) are given, to see
        what they do.
        """
        if weights is None:
            given = scores[:, :-1].masked_fill(~features.present, float("-inf"))
            weights = given.softmax(dim=1)
        factors = len(MODALITIES) * weights[:, :, None]
        said = self.alone(sides, features.noise)
        pooled = (factors * said * features.present[:, :, None]).sum(dim=1)
        confidence = 2 * torch.sigmoid(scores[:, -1:])
        corrected = self.fuse((factors * sides).flatten(1), features.noise)
        return Prediction(confidence * pooled + corrected, weights, said)
