"""Dynamic Attention Fusion: each modality predicts alone, and Bayes' rule joins what they say.

    log p(y) = log π(y) + Σ_m β_m · (log p_m(y) - log π_m(y)) + constant

p_m is the distribution of sentiment that modality m predicts. π_m is how often the training rows
with this modality have each sentiment, and π the same of rows with both. β_m, the inverse of a
temperature, calibrates p_m (Guo et al. 2017, arXiv 1706.04599). Where the modalities are
independent given the sentiment this is Bayes' rule (Genest and Zidek 1986, Statistical Science 1).
The modalities learn apart from each other; then `training/fusion.py` fits π and β.

What a modality alone says of an utterance with both is log π + β_m · (log p_m - log π_m): both
modalities answer from the same prior, so that the two answers can be compared with each other and
with the joined one. An utterance with one modality keeps p_m.

The weight of a modality is its share of the information: the Kullback-Leibler divergence of its
calibrated distribution from π_m. A modality that says no more than is known without it has weight
0. So the weights of an utterance follow from how sure its modalities are, as in QMF (arXiv
2306.02050) and COLD (arXiv 2206.05833), and need no attention, whose weights hardly move on natural
speech (`daf_attention.py`).

How sure a modality is of an utterance is told beside the weights: more than of three quarters of
the validation rows that have the modality, less than of three quarters, or neither.
"""

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes, modalities_of, select
from daf_core.heads.parts import Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.single import SingleHead

LEAST_INFORMATION = 1e-3  # nats; of a modality that says nothing, so that weights are defined
MOST_INFORMATION = 100.0  # nats; more than any distribution holds
UNKNOWN = (0.0, MOST_INFORMATION)  # quartiles where no validation row has the modality
MOST_CHANGE = 4.0  # a given weight multiplies what a modality says by at most this


class DafHead(nn.Module):
    """One head for each modality, trained apart; their predictions joined by Bayes' rule."""

    prior: Tensor  # (NUM_BINS,) log π
    priors: Tensor  # (M, NUM_BINS) log π_m
    inverse_temperatures: Tensor  # (M,) β
    usual_information: Tensor  # (M, 2) nats: its quartiles over validation rows

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        columns = select(shapes, lambda column: column.is_utterance)
        self.apart = nn.ModuleDict(
            {name: SingleHead(name, columns, width) for name in modalities_of(columns)}
        )
        uniform = torch.zeros(len(MODALITIES), NUM_BINS).log_softmax(dim=1)
        self.register_buffer("prior", uniform[0].clone())
        self.register_buffer("priors", uniform)
        self.register_buffer("inverse_temperatures", torch.ones(len(MODALITIES)))
        self.register_buffer("usual_information", torch.tensor([UNKNOWN] * len(MODALITIES)))

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        """Predict; `weights` (B, M), if given, replace the head's own: what a modality says counts
        as much more or less as its weight is larger or smaller.
        """
        absent = features.present.new_zeros((len(features.present), NUM_BINS), dtype=torch.float)
        said_apart = [
            self.apart[name](features).logits if name in self.apart else absent
            for name in MODALITIES
        ]
        apart = torch.stack(said_apart, dim=1)
        evidence = self.inverse_temperatures[:, None] * (apart.log_softmax(dim=2) - self.priors)
        information = self._information(evidence)
        own = _shares(information, features.present)
        if weights is None:
            weights, change = own, torch.ones_like(own)
        else:
            change = (weights / own.clamp_min(LEAST_INFORMATION)).clamp_max(MOST_CHANGE)
        said = (features.present * change)[:, :, None] * evidence
        joined = self.prior + said.sum(dim=1)
        single = (features.present[:, :, None] * apart).sum(dim=1)
        both = features.present.all(dim=1, keepdim=True)
        unimodal = torch.where(both[:, :, None], self.prior + evidence, apart)
        less, more = self.usual_information.T
        sureness = (information > more).float() - (information < less).float()
        return Prediction(
            torch.where(both, joined, single), weights, unimodal, apart, sureness=sureness
        )

    def information_of(self, logits: Tensor) -> Tensor:
        """Information (B, M), in nats, of what the modalities predict apart: (B, M, NUM_BINS)."""
        return self._information(
            self.inverse_temperatures[:, None] * (logits.log_softmax(dim=2) - self.priors)
        )

    def _information(self, evidence: Tensor) -> Tensor:
        """(B, M) the divergence of each calibrated distribution from the usual one."""
        calibrated = (self.priors + evidence).log_softmax(dim=2)
        return (calibrated.exp() * (calibrated - self.priors)).sum(dim=2)


def _shares(information: Tensor, present: Tensor) -> Tensor:
    """(B, M) the share of each modality in the information of all."""
    information = (information + LEAST_INFORMATION) * present
    return information / information.sum(dim=1, keepdim=True)
