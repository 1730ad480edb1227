"""Fusion of weighted modalities to one prediction, shared by the `daf` and `static` heads."""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import MLP, Features, Prediction, UnimodalLogits
from daf_core.heads.sentiment_bins import NUM_BINS

NUM_SCORES = len(MODALITIES) + 1  # a score for each modality, and one for the confidence


class WeightedFusion(nn.Module):
    """A logarithmic opinion pool of the unimodal predictions, corrected by an MLP over both.

        log p(y) = c · Σ_m M · w_m · log p_m(y) + f([M · w_m · x_m])(y) + constant

    The pool: Genest and Zidek 1986, Statistical Science 1; here every utterance has its own weights
    w and confidence c in (0, 2). Where the modalities are independent given the sentiment, the pool
    is Bayes' rule; f, an MLP on the weighted projections x_m, learns how they depend on each other.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alone = UnimodalLogits(width)
        self.fuse = MLP(len(MODALITIES) * width, width, NUM_BINS)

    def forward(
        self, projections: Tensor, scores: Tensor, features: Features, weights: Tensor | None = None
    ) -> Prediction:
        """Predict from projections (B, M, D) and scores (B, NUM_SCORES).

        The modalities' scores become weights by a softmax over the modalities that are present; the
        last score is the confidence. `weights` (B, M), if given, replace the softmax: controls see
        by it what the weights do.
        """
        if weights is None:
            of_present = scores[:, :-1].masked_fill(~features.present, float("-inf"))
            weights = of_present.softmax(dim=1)
        factors = len(MODALITIES) * weights[:, :, None]
        unimodal = self.alone(projections, features.dropout_masks)
        pooled = (factors * unimodal * features.present[:, :, None]).sum(dim=1)
        confidence = 2 * torch.sigmoid(scores[:, -1:])
        correction = self.fuse((factors * projections).flatten(1), features.dropout_masks)
        return Prediction(confidence * pooled + correction, weights, unimodal)
