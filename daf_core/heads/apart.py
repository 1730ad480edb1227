"""What heads share whose modalities learn apart from each other, and are joined afterwards.

    log p_m(y) = log π_m(y) + β_m · (log q_m(y) - log π_m(y)) + constant

q_m is the distribution of sentiment that modality m predicts. π_m is how often the training rows
with this modality have each sentiment. β_m, the inverse of a temperature, calibrates q_m (Guo et
al. 2017, arXiv 1706.04599). `training/fusion.py` fits π_m and β_m when the modalities have learned.

What a modality alone says of an utterance with both is log π + β_m · (log q_m - log π_m), with the
π of rows with both: both modalities answer from the same prior, so that the two answers can be
compared with each other and with the joined one. An utterance with one modality keeps q_m.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modalities_of, select
from daf_core.heads.parts import Features
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.single import SingleHead


class SaidApart(NamedTuple):
    """What the modalities of B utterances say.

    raw: (B, M, NUM_BINS) logits of q_m, zero where a modality has no head; evidence: (B, M,
    NUM_BINS) β_m · (log q_m - log π_m); both: (B, 1) which utterances have both modalities; alone:
    (B, M, NUM_BINS) logits of what each modality alone says; single: (B, NUM_BINS) what utterances
    say that have one modality.
    """

    raw: Tensor
    evidence: Tensor
    both: Tensor
    alone: Tensor
    single: Tensor


class ModalitiesApart(nn.Module):
    """A head for each modality, trained apart and calibrated."""

    prior: Tensor  # (NUM_BINS,) log π
    priors: Tensor  # (M, NUM_BINS) log π_m
    inverse_temperatures: Tensor  # (M,) β

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        columns = select(shapes, lambda column: column.is_utterance)
        self.apart = nn.ModuleDict(
            {name: SingleHead(name, columns, width) for name in modalities_of(columns)}
        )
        uniform = torch.full((len(MODALITIES), NUM_BINS), -math.log(NUM_BINS))
        self.register_buffer("prior", uniform[0].clone())
        self.register_buffer("priors", uniform)
        self.register_buffer("inverse_temperatures", torch.ones(len(MODALITIES)))

    def said_apart(self, features: Features) -> SaidApart:
        """What each modality says."""
        absent = features.present.new_zeros((len(features.present), NUM_BINS), dtype=torch.float)
        said = [
            self.apart[name](features).logits if name in self.apart else absent
            for name in MODALITIES
        ]
        raw = torch.stack(said, dim=1)
        evidence = self.evidence_of(raw)
        both = features.present.all(dim=1, keepdim=True)
        alone = torch.where(both[:, :, None], self.prior + evidence, raw)
        single = (features.present[:, :, None] * raw).sum(dim=1)
        return SaidApart(raw, evidence, both, alone, single)

    def evidence_of(self, raw: Tensor) -> Tensor:
        """What logits (B, M, NUM_BINS) of the modalities add to their priors, calibrated."""
        return self.inverse_temperatures[:, None] * (raw.log_softmax(dim=2) - self.priors)
