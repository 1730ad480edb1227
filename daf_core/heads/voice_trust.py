"""How far a head trusts a voice: half where it sounds like nothing that the head was trained on.

The part for the voice stays sure of itself where a recording has lost packets or noise of an
unknown kind, and is wrong more often. Such a voice lies far from the training rows
(`heads/familiarity.py`). Words that lie far from the training rows mostly have another subject, and
say as much as other words: they count whole.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.familiarity import MOST_DIRECTIONS, PERCENTILES, Familiarity, is_measured
from daf_core.heads.parts import Features

LEAST_TRUST = 0.5  # of a voice that is like none of the training rows; chosen on validation rows
FAMILIAR = 0.1  # familiarity from which a voice is trusted wholly; chosen on validation rows
AUDIO = MODALITIES.index("audio")


class VoiceTrust(nn.Module):
    """Where the voices of the training rows lie, in one column of embeddings.

    Until it is fitted, every voice is familiar.
    """

    mean: Tensor  # (F,)
    whitening: Tensor  # (F, K) of `Familiarity`, with columns of zeros up to the most directions
    distances: Tensor  # (PERCENTILES,)
    plane: Tensor  # (F + 1,); zeros, beyond which nothing lies, where no training row was strange

    def __init__(self, shapes: ColumnShapes) -> None:
        """`shapes`: with a pooled column of audio."""
        super().__init__()
        self.column = next(name for name in shapes if is_measured(name, "audio"))
        layers, features = shapes[self.column]
        self.layer = layers // 2
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("whitening", torch.zeros(features, min(features, MOST_DIRECTIONS)))
        self.register_buffer("distances", torch.tensor([*map(float, range(PERCENTILES))]))
        self.register_buffer("plane", torch.zeros(features + 1))

    def take(self, found: Familiarity) -> None:
        """Use what was fitted on the training rows."""
        self.mean.copy_(found.mean)
        self.whitening.zero_()[:, : found.whitening.shape[1]].copy_(found.whitening)
        self.distances.copy_(found.distances)
        if found.plane is not None:
            self.plane.copy_(found.plane)

    def forward(self, features: Features) -> Tensor:
        """(B, M) how much each modality counts: 1, or from LEAST_TRUST to 1 for a voice.

        Standardised values occur while a head is trained, when nothing is joined yet: all count 1.
        """
        trust = torch.ones_like(features.present, dtype=torch.float)
        if not features.standard:
            values = features.values[self.column].detach().cpu().numpy()
            known = torch.from_numpy(self._familiarity().measure(values) / FAMILIAR).clamp_max(1)
            trust[:, AUDIO] = (LEAST_TRUST + (1 - LEAST_TRUST) * known).to(trust.device)
        return trust

    def _familiarity(self) -> Familiarity:
        placed = (self.mean, self.whitening, self.distances, self.plane)
        return Familiarity(self.layer, *(one.cpu() for one in placed))
