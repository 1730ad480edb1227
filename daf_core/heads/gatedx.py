"""Conversation: the utterance, and through gates the previous turns. No modality weights.

After GatedxLSTM (arXiv 2503.20919), where the current speech gates the previous turns of the
speaker and of the partner. Here both modalities of the utterance open the gates, and the mean
embeddings of previous turns replace the states of an LSTM. Previous turns count only in modalities
that the utterance itself has.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, Column, ColumnShapes, select
from daf_core.heads.parts import (
    MLP,
    Features,
    LayerMix,
    ModalityProjection,
    ModalityProjections,
    Prediction,
)
from daf_core.heads.sentiment_bins import NUM_BINS


class PreviousTurnsMix(LayerMix):
    """A layer mix of previous turns: rows without any are all zero, and stay zero."""

    def observed(self, x_blf: Tensor) -> Tensor:
        return x_blf[_has_turns(x_blf)]

    def standardise(self, x_blf: Tensor) -> Tensor:
        return super().standardise(x_blf) * _has_turns(x_blf)[:, None, None]


class GatedxHead(nn.Module):
    """Projections of the utterance and gated projections of previous turns → sentiment."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * (width + 1)
        self.sides = ModalityProjections(shapes, width)
        self.earlier = nn.ModuleDict(
            {
                name: ModalityProjection({name: shape}, width, PreviousTurnsMix)
                for name, shape in select(shapes, lambda column: column.is_previous_turns).items()
            }
        )
        self.gates = MLP(both, width, len(self.earlier))
        self.fuse = MLP(both + len(self.earlier) * width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        projections = self.sides(features).flatten(1)
        now = torch.cat([projections, features.present.float()], dim=1)
        gates = torch.sigmoid(self.gates(now, features.dropout_masks))
        gated = []
        for number, (name, project) in enumerate(self.earlier.items()):
            has_modality = features.present[:, Column.from_name(name).modality_index]
            counts = _has_turns(features.values[name]) & has_modality
            gated.append(project(features) * (counts * gates[:, number])[:, None])
        return Prediction(self.fuse(torch.cat([now, *gated], dim=1), features.dropout_masks))


def _has_turns(x_blf: Tensor) -> Tensor:
    """Which rows (B,) have a previous turn."""
    return (x_blf != 0).flatten(1).any(dim=1)
