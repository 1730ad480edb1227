"""MODS: a primary modality, selected for each utterance, attends to the other one.

Our reading of MODS (arXiv 2511.06328) for text and audio: attention pooling; a softmax over the
modalities, whose largest weight selects the primary one; cross-attention around it (the last of
the paper's three blocks, in which only the primary modality attends); and InfoNCE, which asks that
each modality's vector can be told from the fused one. The paper's compression of sequences by
capsules is left out, as frames are equal spans already.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.distributed import gather_batch
from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Attend, AttentionPool, Refine, Sequences

CONTRAST = 0.1  # weight of InfoNCE: the paper's for MOSI and MOSEI
TEMPERATURE = 0.1  # our choice


class ModsHead(nn.Module):
    """Frames → modality weights → primary modality → attention to itself and the other one →
    sentiment.
    """

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        both = len(MODALITIES) * width
        self.sequences = Sequences(shapes, width)
        self.pools = nn.ModuleList(AttentionPool(width) for _ in MODALITIES)
        self.select = MLP(both, width, len(MODALITIES))
        self.normalise = nn.LayerNorm(width)
        self.itself, self.across, self.refine = Attend(width), Attend(width), Refine(width)
        self.pool = AttentionPool(width)
        self.fuse = MLP(width, width, NUM_BINS)
        self.told = nn.Linear(width, both)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        masks = features.dropout_masks
        states, is_step = self.sequences(features)
        pooled = [pool(states[:, m], is_step[:, m]) for m, pool in enumerate(self.pools)]
        if weights is None:
            scores = self.select(torch.cat(pooled, dim=1), masks)
            weights = scores.masked_fill(~features.present, float("-inf")).softmax(dim=1)
        primary = weights.argmax(dim=1)
        rows = torch.arange(len(primary), device=primary.device)
        weighted = len(MODALITIES) * weights[:, :, None, None] * states
        lead, lead_steps = weighted[rows, primary], is_step[rows, primary]
        other, other_steps = weighted[rows, 1 - primary], is_step[rows, 1 - primary]
        queries = self.normalise(lead)
        attended = self.itself(queries, queries, lead_steps) + lead
        attended = attended + self.across(queries, self.normalise(other), other_steps)
        fused = self.pool(self.refine(attended), lead_steps)
        extra = None
        if masks is not None:
            extra = CONTRAST * self._info_nce(fused, torch.stack(pooled, dim=1), features)
        return Prediction(self.fuse(fused, masks), weights, extra_loss=extra)

    def _info_nce(self, fused: Tensor, pooled: Tensor, features: Features) -> Tensor:
        """(B,) InfoNCE: predict a row's own vector of each modality (B, M, D) from the fused one,
        against the vectors of all rows of the global batch that have the modality.
        """
        masks = features.dropout_masks
        assert masks is not None
        predicted = functional.normalize(self.told(fused).view_as(pooled), dim=2)
        candidates = gather_batch(functional.normalize(pooled, dim=2), masks.batch_rows, masks.own)
        has = gather_batch(features.present.float(), masks.batch_rows, masks.own) > 0
        similarity = torch.einsum("bmd,cmd->bmc", predicted, candidates) / TEMPERATURE
        similarity = similarity.masked_fill(~has.T, torch.finfo(similarity.dtype).min)
        own = similarity.gather(2, masks.own[:, None, None].expand(-1, len(MODALITIES), 1))[..., 0]
        loss = similarity.logsumexp(dim=2) - own
        return (loss * features.present).sum(dim=1)
