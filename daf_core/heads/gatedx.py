"""A conversation: the utterance, and through gates what its speaker and the others said before.

After GatedxLSTM (arXiv 2503.20919), whose gates from the current voice weigh the streams of earlier
turns of the speaker and the partner. Here both sides of the utterance open the gates, each row its
own; turns are averaged embeddings instead of states of an LSTM. A modality that the utterance
lacks is not read of the turns before either. No weights.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modality_number, turns
from daf_core.heads.parts import (
    MLP,
    Features,
    LayerMix,
    ModalityProjection,
    ModalityProjections,
    Prediction,
)
from daf_core.heads.sentiment_bins import NUM_BINS


class Earlier(LayerMix):
    """The layers of earlier turns, mixed: rows without any are all zero, and stay so."""

    def observed(self, x_blf: Tensor) -> Tensor:
        return x_blf[_any(x_blf)]

    def standardise(self, x_blf: Tensor) -> Tensor:
        return super().standardise(x_blf) * _any(x_blf)[:, None, None]


class GatedxHead(nn.Module):
    """Sides, and gated beside them sides of the turns before → sentiment."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * (width + 1)
        self.sides = ModalityProjections(streams, width)
        self.earlier = nn.ModuleDict(
            {
                name: ModalityProjection({name: shape}, width, Earlier)
                for name, shape in turns(streams).items()
            }
        )
        self.gates = MLP(both, width, len(self.earlier))
        self.fuse = MLP(both + len(self.earlier) * width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        sides = self.sides(features).flatten(1)
        now = torch.cat([sides, features.present.float()], dim=1)
        gates = torch.sigmoid(self.gates(now, features.noise))
        before = []
        for number, (name, side) in enumerate(self.earlier.items()):
            there = _any(features.values[name]) & features.present[:, modality_number(name)]
            before.append(side(features) * (there * gates[:, number])[:, None])
        return Prediction(self.fuse(torch.cat([now, *before], dim=1), features.noise))


def _any(x_blf: Tensor) -> Tensor:
    """Which rows (B,) have any turn before."""
    return (x_blf != 0).flatten(1).any(dim=1)
