"""Heads of one modality: text alone, or audio alone."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, select
from daf_core.errors import SettingsError
from daf_core.heads.parts import MLP, Features, ModalityProjection, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class SingleHead(nn.Module):
    """Projection → MLP. Rows that lack the modality get the MLP's prediction for zeros."""

    def __init__(self, modality: str, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        columns = select(shapes, lambda c: c.modality == modality and c.is_utterance)
        if not columns:
            raise SettingsError(f"expected training rows with {modality}, found none")
        self.index = MODALITIES.index(modality)
        self.side = ModalityProjection(columns, width)
        self.alone = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        has = features.present[:, self.index : self.index + 1]
        logits = self.alone(self.side(features) * has, features.dropout_masks)
        one_hot = functional.one_hot(torch.tensor(self.index), len(MODALITIES)).to(logits)
        return Prediction(logits, has * one_hot, logits[:, None] * one_hot[:, None])


TextHead = partial(SingleHead, "text")
AudioHead = partial(SingleHead, "audio")
