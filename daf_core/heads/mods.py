"""One modality leads: the primary one is selected per utterance, the other one is asked by it.

Our reading of MODS (arXiv 2511.06328) for words and voice: attention pooling, a softmax over the
modalities whose largest weight selects the primary one, cross-attention around it (one block of
its three, the last, in which only the primary one asks), and InfoNCE, which wants each modality's
vector to be told from the fused one. Its compression of sequences by capsules is left out: frames
are equal spans already.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.distributed import batch_of_all
from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Attend, AttentionPool, Refine, Sequences

CONTRAST = 0.1  # weight of InfoNCE: the paper's for MOSI and MOSEI
TEMPERATURE = 0.1  # ours


class ModsHead(nn.Module):
    """Frames → weights → primary → what it sees in itself and the other → sentiment."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sequences = Sequences(streams, width)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.select = MLP(both, width, len(MODALITIES))
        self.normalise = nn.LayerNorm(width)
        self.itself, self.across, self.refine = Attend(width), Attend(width), Refine(width)
        self.pool = AttentionPool(width)
        self.fuse = MLP(width, width, NUM_BINS)
        self.told = nn.Linear(width, both)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        states, there = self.sequences(features)
        sides = [pool(states[:, m], there[:, m]) for m, pool in enumerate(self.pools)]
        if weights is None:
            scores = self.select(torch.cat(sides, dim=1), features.noise)
            weights = scores.masked_fill(~features.present, float("-inf")).softmax(dim=1)
        primary = weights.argmax(dim=1)
        rows = torch.arange(len(primary), device=primary.device)
        weighed = len(MODALITIES) * weights[:, :, None, None] * states
        lead, lead_there = weighed[rows, primary], there[rows, primary]
        aid, aid_there = weighed[rows, 1 - primary], there[rows, 1 - primary]
        calm = self.normalise(lead)
        seen = self.itself(calm, calm, lead_there) + lead
        seen = seen + self.across(calm, self.normalise(aid), aid_there)
        fused = self.pool(self.refine(seen), lead_there)
        extra = None
        if features.noise is not None:
            extra = CONTRAST * self._contrast(fused, torch.stack(sides, dim=1), features)
        return Prediction(self.fuse(fused, features.noise), weights, extra_loss=extra)

    def _contrast(self, fused: Tensor, sides: Tensor, features: Features) -> Tensor:
        """(B,) InfoNCE: from what is fused, a row's own vector of a modality against those of all
        other rows of the global batch that have the modality.
        """
        noise = features.noise
        assert noise is not None
        told = functional.normalize(self.told(fused).view_as(sides), dim=2)
        every = batch_of_all(functional.normalize(sides, dim=2), noise.batch_rows, noise.own)
        has = batch_of_all(features.present.float(), noise.batch_rows, noise.own) > 0
        alike = torch.einsum("bmd,cmd->bmc", told, every) / TEMPERATURE
        alike = alike.masked_fill(~has.T, torch.finfo(alike.dtype).min)
        own = alike.gather(2, noise.own[:, None, None].expand(-1, len(MODALITIES), 1))[..., 0]
        loss = alike.logsumexp(dim=2) - own
        return (loss * features.present).sum(dim=1)
