"""Fit how a head joins its parts, which learned apart: what `heads/apart.py`, `daf.py` and
`stacked.py` leave to be fitted.
"""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from daf_core.distributed import gathered_tensor
from daf_core.heads.apart import USUAL_SHARE, ModalitiesApart, mixed
from daf_core.heads.daf import UNKNOWN, DafHead
from daf_core.heads.ensemble import members_of
from daf_core.heads.familiarity import Familiarity
from daf_core.heads.sentiment_bins import cross_entropy
from daf_core.heads.stacked import StackedHead, pool
from daf_core.training.evidence import calibrated, label_priors
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

SHARES = np.linspace(0.02, 0.98, 49)  # that are tried, of text in a pool and of the whole part


def fit_fusion(
    head: nn.Module,
    train: Iterable[tuple[Rows, float]],
    valid: Rows,
    weights: Tensor,
    familiarity: Mapping[str, Familiarity] = MappingProxyType({}),
) -> None:
    """Fit the fusion of a head whose parts learned apart; other heads stay as they are.

    Every worker calls it with its own rows.

    Args:
        train: corpora that the head was trained on, each with how often an epoch saw its rows.
        valid: rows that it was not trained on.
        weights: (SETS, kinds) of rows by modalities and polarity or class, as in the training.
        familiarity: by column, of the training rows. Where it lacks the column of voices that a
            head reads, the head trusts every voice.
    """
    heads = [one for one in members_of(head).values() if isinstance(one, ModalitiesApart)]
    priors = label_priors(train, weights)
    for one in heads:
        one.priors.copy_(priors.modalities)
        one.prior.copy_(priors.both)
        logits, present, labels = _held_out(one, valid)
        one.inverse_temperatures.copy_(_inverse_temperatures(one, logits, present, labels))
        has_both = present.all(dim=1)
        if isinstance(one, DafHead):
            if one.trust is not None and one.trust.column in familiarity:
                one.trust.take(familiarity[one.trust.column])
            information = one.information_of(logits.to(one.priors.device)).cpu()
            one.usual_information.copy_(_quartiles(information, present))
        elif isinstance(one, StackedHead):
            _fit_pool(one, logits[has_both].to(one.priors.device), labels[has_both])
        if one.whole is not None:
            _fit_whole(one, valid, has_both, labels[has_both])


def _fit_pool(head: StackedHead, logits: Tensor, labels: Tensor) -> None:
    """Choose shares and sharpness of a pool by the cross-entropy of rows with both modalities, of
    which `logits` (rows, M, NUM_BINS) are what these say apart. Without rows they stay as they are.
    """
    if not len(labels):
        return
    alone = (head.prior + head.evidence_of(logits)).cpu()
    prior = head.prior.cpu()
    tried = []
    for share in SHARES.tolist():
        shares = torch.tensor([share, 1 - share])
        sharpness, loss = calibrated(pool(alone, shares.expand(len(alone), -1)), prior, labels)
        tried.append((loss, sharpness, shares))
    _, sharpness, shares = min(tried, key=lambda one: one[0])
    head.log_shares.copy_(shares.log())
    head.sharpness.fill_(sharpness)


def _fit_whole(head: ModalitiesApart, valid: Rows, has_both: Tensor, labels: Tensor) -> None:
    """Calibrate the part that reads both modalities, and choose its share by the cross-entropy of
    the rows of all workers that have both, with these `labels`. Few rows leave the share near the
    usual one. Without such rows nothing tells how sure the part should be, and it counts nothing.
    """
    head.whole_share.fill_(0.0)  # so that the head answers with its modalities joined
    if not len(labels):
        return
    found = predict(head, valid)
    assert found.whole is not None
    joined, said = (gathered_tensor(one.logits)[has_both] for one in (found, found.whole))
    prior = head.prior.cpu()
    head.whole_inverse_temperature.fill_(calibrated(said, prior, labels)[0])
    evidence = head.whole_evidence_of(said.to(head.prior.device)).cpu()

    def loss(share: float) -> float:
        fit = float(cross_entropy(mixed(joined, evidence, prior, share), labels).double().mean())
        return fit + (_log_odds(share) - _log_odds(USUAL_SHARE)) ** 2 / len(labels)

    head.whole_share.fill_(min(SHARES.tolist(), key=loss))


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def _held_out(head: ModalitiesApart, valid: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """Of the validation rows of all workers: what each modality predicts apart (rows, M, NUM_BINS),
    which are present (rows, M), and the labels (rows,).
    """
    logits = predict(head, valid).apart_logits
    assert logits is not None
    every, present, labels = map(gathered_tensor, (logits, valid.present, valid.labels))
    return every, present, labels


def _inverse_temperatures(
    head: ModalitiesApart, logits: Tensor, present: Tensor, labels: Tensor
) -> Tensor:
    """(M,) of each modality, on the rows that have it; 1 where none has."""
    return torch.tensor(
        [
            calibrated(logits[has, number], head.priors[number].cpu(), labels[has])[0]
            for number, has in enumerate(present.T)
        ]
    )


def _quartiles(information: Tensor, present: Tensor) -> Tensor:
    """(M, 2) lower and upper quartile of the information (rows, M) of the rows that have each
    modality; those of no row are unknown.
    """
    ends = torch.tensor([0.25, 0.75])
    own = [information[has, number] for number, has in enumerate(present.T)]
    return torch.stack([one.quantile(ends) if len(one) else torch.tensor(UNKNOWN) for one in own])
