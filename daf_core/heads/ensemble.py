"""Heads of one kind that learn side by side, each from random weights of its own: a deep ensemble
(Lakshminarayanan et al. 2017, arXiv 1612.01474).
"""

import inspect
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from daf_core.heads.apart import ModalitiesApart
from daf_core.heads.parts import Features, Prediction


class Ensemble(nn.Module):
    """Answers with the mean of its members' distributions and weights."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, features: Features, weights: Tensor | None = None) -> Prediction:
        """Predict; `weights` (B, M), if given, replace those of every member."""
        given = () if weights is None else (weights,)
        said: list[Prediction] = [member(features, *given) for member in self.members]
        weighed = [one.weights for one in said if one.weights is not None]
        sure = [one.sureness for one in said if one.sureness is not None]
        alone = [one.unimodal_logits for one in said if one.unimodal_logits is not None]
        return Prediction(
            _mean_of_distributions([one.logits for one in said]),
            torch.stack(weighed).mean(dim=0) if weighed else None,
            _mean_of_distributions(alone) if alone else None,
            sureness=torch.stack(sure).mean(dim=0) if sure else None,
        )


def members_of(head: nn.Module) -> dict[str, nn.Module]:
    """The heads that learn side by side: how the names of their tensors start → head. A head that
    is no ensemble is its own only member.
    """
    if not isinstance(head, Ensemble):
        return {"": head}
    return {f"members.{number}.": member for number, member in enumerate(head.members)}


def whole_share(head: nn.Module) -> float | None:
    """The share, in [0, 1], of the part that reads both modalities, as `apart.py` has it: the mean
    over the members of the head; None of a head without such a part.
    """
    parts = [one for one in members_of(head).values() if isinstance(one, ModalitiesApart)]
    shares = [float(one.whole_share) for one in parts if one.whole is not None]
    return sum(shares) / len(shares) if shares else None


def takes_weights(head: nn.Module) -> bool:
    """Whether the modality weights of the head can be replaced."""
    members = members_of(head).values()
    return all("weights" in inspect.signature(one.forward).parameters for one in members)


def _mean_of_distributions(logits: list[Tensor]) -> Tensor:
    """Logits (…, NUM_BINS) of the mean of the distributions that have these logits."""
    return torch.stack([one.log_softmax(dim=-1) for one in logits]).logsumexp(dim=0)
