"""AVad: a gated residual on the text, and a student for rows without audio. No modality weights.

Our reading of AVadCLIP (arXiv 2504.04495: its abstract, and equations quoted by others) for text
and audio: x_both = x_text + w ⊙ r, where w and r are two projections of both modalities. For rows
without audio a student predicts x_both from the text alone, and the variance of its prediction.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, ModalityProjections, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS

DISTILLATION = 0.1  # weight of the student's loss; our choice, we do not know the paper's
TEXT, AUDIO = MODALITIES.index("text"), MODALITIES.index("audio")


class AvadHead(nn.Module):
    """Text + gated residual, or the student's prediction of it → sentiment."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sides = ModalityProjections(shapes, width)
        self.gate, self.residual = nn.Linear(both, width), nn.Linear(both, width)
        self.student = MLP(width, width, width)
        self.unsure = nn.Linear(width, width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        masks = features.dropout_masks
        projections = self.sides(features)
        text, both = projections[:, TEXT], projections.flatten(1)
        teacher = text + torch.sigmoid(self.gate(both)) * self.residual(both)
        student = text + self.student(text, masks)
        has_audio = features.present[:, AUDIO]
        fused = torch.where(has_audio[:, None], teacher, student)
        extra = None
        if masks is not None:
            variance = functional.softplus(self.unsure(text))
            extra = DISTILLATION * self._distillation(teacher, student, variance, features.present)
        return Prediction(self.fuse(fused, masks), extra_loss=extra)

    def _distillation(
        self, teacher: Tensor, student: Tensor, variance: Tensor, present: Tensor
    ) -> Tensor:
        """(B,) mean over features of ½ (|x_both - x_student|² / σ² + ln σ²); 0 for rows without
        both modalities. No gradient reaches the teacher.
        """
        loss = functional.gaussian_nll_loss(student, teacher.detach(), variance, reduction="none")
        return loss.mean(dim=1) * present.all(dim=1)
