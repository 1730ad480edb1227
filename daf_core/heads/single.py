"""One modality alone: what the words say, or what the voice says."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, columns_of, pooled
from daf_core.errors import SettingsError
from daf_core.heads.parts import MLP, Features, ModalityProjection, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS


class SingleHead(nn.Module):
    """A side and a network. A row without the modality gets the network's answer to zeros."""

    def __init__(self, modality: str, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        columns = columns_of(modality, pooled(streams))
        if not columns:
            raise SettingsError(f"expected training rows with {modality}, found none")
        self.index = MODALITIES.index(modality)
        self.side = ModalityProjection(columns, width)
        self.alone = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        has = features.present[:, self.index : self.index + 1]
        said = self.alone(self.side(features) * has, features.noise)
        place = functional.one_hot(torch.tensor(self.index), len(MODALITIES)).to(said)
        return Prediction(said, has * place, said[:, None] * place[:, None])


TextHead = partial(SingleHead, "text")
AudioHead = partial(SingleHead, "audio")
