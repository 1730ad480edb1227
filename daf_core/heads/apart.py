"""What heads share whose modalities learn apart from each other, and are joined afterwards.

    log p_m(y) = log π_m(y) + β_m · (log q_m(y) - log π_m(y)) + constant

q_m is the distribution of sentiment that modality m predicts. π_m is how often the training rows
with this modality have each sentiment. β_m, the inverse of a temperature, calibrates q_m (Guo et
al. 2017, arXiv 1706.04599). `training/fusion.py` fits π_m and β_m when the modalities have learned.

What a modality alone says of an utterance with both is log π + β_m · (log q_m - log π_m), with the
π of rows with both: both modalities answer from the same prior, so that the two answers can be
compared with each other and with the joined one. An utterance with one modality keeps q_m.

Modalities that learn apart cannot say what only the two together tell. So a third part, static
fusion (`static.py`), learns from both at once, and counts for a share s, the same for all
utterances, beside the modalities as the head joins them:

    log p = log π + (1 - s) · (log p_joined - log π) + s · β_w · (log q_w - log π) + constant
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modalities_of, select
from daf_core.heads.parts import Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.single import SingleHead
from daf_core.heads.static import StaticHead

WHOLE = "whole"  # the name of the part that reads both
USUAL_SHARE = 1 / 3  # of the part that reads both: as much as a modality


class SaidApart(NamedTuple):
    """What the parts of a head say of B utterances.

    raw: (B, M, NUM_BINS) logits of q_m, zero where a modality has no head; evidence: (B, M,
    NUM_BINS) β_m · (log q_m - log π_m); both: (B, 1) which utterances have both modalities; alone:
    (B, M, NUM_BINS) logits of what each modality alone says; single: (B, NUM_BINS) what utterances
    say that have one modality; whole: the prediction of the part that reads both.
    """

    raw: Tensor
    evidence: Tensor
    both: Tensor
    alone: Tensor
    single: Tensor
    whole: Prediction | None


class ModalitiesApart(nn.Module):
    """A head for each modality, and one that reads both, trained apart and calibrated."""

    prior: Tensor  # (NUM_BINS,) log π
    priors: Tensor  # (M, NUM_BINS) log π_m
    inverse_temperatures: Tensor  # (M,) β
    whole_inverse_temperature: Tensor  # () β_w
    whole_share: Tensor  # () s

    def __init__(self, shapes: ColumnShapes, width: int, with_whole: bool = True) -> None:
        """`with_whole`: with a part that reads both, where there are columns of both."""
        super().__init__()
        columns = select(shapes, lambda column: column.is_utterance)
        self.apart = nn.ModuleDict(
            {name: SingleHead(name, columns, width) for name in modalities_of(columns)}
        )
        self.whole = None
        if with_whole and len(self.apart) == len(MODALITIES):
            self.whole = StaticHead(columns, width)
            self.register_buffer("whole_inverse_temperature", torch.ones(()))
            self.register_buffer("whole_share", torch.tensor(USUAL_SHARE))
        uniform = torch.full((len(MODALITIES), NUM_BINS), -math.log(NUM_BINS))
        self.register_buffer("prior", uniform[0].clone())
        self.register_buffer("priors", uniform)
        self.register_buffer("inverse_temperatures", torch.ones(len(MODALITIES)))

    def said_apart(self, features: Features) -> SaidApart:
        """What each part says."""
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
        whole = None if self.whole is None else self.whole(features)
        return SaidApart(raw, evidence, both, alone, single, whole)

    def evidence_of(self, raw: Tensor) -> Tensor:
        """What logits (B, M, NUM_BINS) of the modalities add to their priors, calibrated."""
        return self.inverse_temperatures[:, None] * (raw.log_softmax(dim=2) - self.priors)

    def fused(self, said: SaidApart, joined: Tensor) -> Tensor:
        """Logits (B, NUM_BINS) of utterances of which the modalities say `joined` (B, NUM_BINS)
        where there are both.
        """
        if said.whole is not None:
            joined = mixed(
                joined, self.whole_evidence_of(said.whole.logits), self.prior, self.whole_share
            )
        return torch.where(said.both, joined, said.single)

    def whole_evidence_of(self, logits: Tensor) -> Tensor:
        """What logits (B, NUM_BINS) of the part that reads both add to the prior, calibrated."""
        return self.whole_inverse_temperature * (logits.log_softmax(dim=1) - self.prior)


def parts_apart(head: nn.Module) -> dict[str, str]:
    """The parts of a head that learn apart from each other: modality, or WHOLE → how the names of
    its tensors start. {} of a head that learns as a whole.
    """
    if not isinstance(head, ModalitiesApart):
        return {}
    whole = {} if head.whole is None else {WHOLE: f"{WHOLE}."}
    return {modality: f"apart.{modality}." for modality in head.apart} | whole


def mixed(joined: Tensor, evidence: Tensor, prior: Tensor, share: Tensor | float) -> Tensor:
    """Logits (B, NUM_BINS): those of the joined modalities, and with a `share` what the part that
    reads both adds to the prior (NUM_BINS,).
    """
    return prior + (1 - share) * (joined - prior) + share * evidence
