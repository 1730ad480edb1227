"""Dynamic Attention Fusion: each modality predicts alone, and Bayes' rule joins what they say.

    log p(y) = log π(y) + Σ_m β_m · (log q_m(y) - log π_m(y)) + constant

q_m is the distribution of sentiment that modality m predicts; π_m, π and β_m are those of
`apart.py`. Where the modalities are independent given the sentiment this is Bayes' rule (Genest and
Zidek 1986, Statistical Science 1). What only both together tell, a third part adds (`apart.py`).

The weight of a modality is its share of the information: the Kullback-Leibler divergence of its
calibrated distribution from π_m. A modality that says no more than is known without it has weight
0. So the weights of an utterance follow from how sure its modalities are, as in QMF (arXiv
2306.02050) and COLD (arXiv 2206.05833), and need no attention, whose weights hardly move on natural
speech (`daf_attention.py`).

A voice that is unlike those of the training counts less (`voice_trust.py`).

How sure a modality is of an utterance is told beside the weights: more than of three quarters of
the validation rows that have the modality, less than of three quarters, or neither.
"""

from functools import partial

import torch
from torch import Tensor

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.apart import ModalitiesApart
from daf_core.heads.parts import Features, Prediction
from daf_core.heads.voice_trust import VoiceTrust

LEAST_INFORMATION = 1e-3  # nats; of a modality that says nothing, so that weights are defined
MOST_INFORMATION = 100.0  # nats; more than any distribution holds
UNKNOWN = (0.0, MOST_INFORMATION)  # quartiles where no validation row has the modality
MOST_CHANGE = 4.0  # a given weight multiplies what a modality says by at most this


class DafHead(ModalitiesApart):
    """One head for each modality, trained apart; their predictions joined by Bayes' rule, beside
    that of a part that reads both.
    """

    usual_information: Tensor  # (M, 2) nats: its quartiles over validation rows

    def __init__(self, shapes: ColumnShapes, width: int, with_whole: bool = True) -> None:
        super().__init__(shapes, width, with_whole)
        self.register_buffer("usual_information", torch.tensor([UNKNOWN] * len(MODALITIES)))
        self.trust = None if self.whole is None else VoiceTrust(shapes)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        """Predict; `weights` (B, M), if given, replace the head's own: what a modality says counts
        as much more or less as its weight is larger or smaller. What the part says that reads both
        stays the same.
        """
        said = self.said_apart(features)
        evidence = said.evidence
        if self.trust is not None:
            evidence = self.trust(features)[:, :, None] * evidence
        information = self._information(evidence)
        own = _shares(information, features.present)
        if weights is None:
            weights, change = own, torch.ones_like(own)
        else:
            change = (weights / own.clamp_min(LEAST_INFORMATION)).clamp_max(MOST_CHANGE)
        counted = (features.present * change)[:, :, None] * evidence
        joined = self.prior + counted.sum(dim=1)
        less, more = self.usual_information.T
        sureness = (information > more).float() - (information < less).float()
        logits = self.fused(said, joined)
        return Prediction(logits, weights, said.alone, said.raw, said.whole, sureness)

    def information_of(self, raw: Tensor) -> Tensor:
        """Information (B, M), in nats, of what the modalities say: logits (B, M, NUM_BINS)."""
        return self._information(self.evidence_of(raw))

    def _information(self, evidence: Tensor) -> Tensor:
        """(B, M) the divergence of each calibrated distribution from the usual one."""
        calibrated = (self.priors + evidence).log_softmax(dim=2)
        return (calibrated.exp() * (calibrated - self.priors)).sum(dim=2)


def _shares(information: Tensor, present: Tensor) -> Tensor:
    """(B, M) the share of each modality in the information of all."""
    information = (information + LEAST_INFORMATION) * present
    return information / information.sum(dim=1, keepdim=True)


DafLateHead = partial(DafHead, with_whole=False)
