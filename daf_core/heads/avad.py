"""A gated residual on the words, and a student that does without the voice. No weights.

Our reading of AVadCLIP (arXiv 2504.04495: its abstract, and equations that others quote) for words
and voice: x_both = x_text + w ⊙ r, where w and r are two projections of both; where audio is absent
a student makes of the text alone what x_both would have been, and how unsure it is of that.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS

DISTILLATION = 0.1  # weight of the student's loss; ours, as the paper's is not known to us
TEXT, AUDIO = MODALITIES.index("text"), MODALITIES.index("audio")


class AvadHead(nn.Module):
    """Text + gated residual, or the student's guess of it → sentiment."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sides = ModalityProjections(streams, width)
        self.gate, self.residual = nn.Linear(both, width), nn.Linear(both, width)
        self.student = MLP(width, width, width)
        self.unsure = nn.Linear(width, width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features)
        text, both = sides[:, TEXT], sides.flatten(1)
        taught = text + torch.sigmoid(self.gate(both)) * self.residual(both)
        guessed = text + self.student(text, features.noise)
        has_audio = features.present[:, AUDIO]
        fused = torch.where(has_audio[:, None], taught, guessed)
        extra = None
        if features.noise is not None:
            unsure = functional.softplus(self.unsure(text))
            extra = DISTILLATION * self._distilled(taught, guessed, unsure, features.present)
        return Prediction(self.fuse(fused, features.noise), extra_loss=extra)

    def _distilled(
        self, taught: Tensor, guessed: Tensor, variance: Tensor, present: Tensor
    ) -> Tensor:
        """(B,) mean over features of ½ (|x_both - x_student|² / σ² + ln σ²), where a row has both.

        The teacher does not learn from its student.
        """
        loss = functional.gaussian_nll_loss(guessed, taught.detach(), variance, reduction="none")
        return loss.mean(dim=1) * present.all(dim=1)
