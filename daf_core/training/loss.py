"""The training loss: cross-entropy, and what head and recipe add to it."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from daf_core.heads.parts import Features, Prediction
from daf_core.heads.sentiment_bins import cross_entropy
from daf_core.training.balance import weights_of_rows
from daf_core.training.label_confidence import label_confidence
from daf_core.training.recipe import Recipe
from daf_core.training.virtual_adversarial import vat_loss


def loss_of(
    head: nn.Module,
    features: Features,
    labels: Tensor,
    weights: Tensor,
    recipe: Recipe,
    likelihood: Tensor | None = None,
) -> Tensor:
    """The summed loss of rows: cross-entropy of the prediction and of the unimodal ones, and the
    other losses that head and recipe ask for. Of a head with parts that learn apart only what
    these predict counts.

    Args:
        weights: (SETS, kinds) of rows by modalities and polarity or class (`balance`).
        likelihood: (B,) of the labels by the reference head, for `label_confidence`; None weights
            all rows alike.
    """
    row_weights = weights_of_rows(weights, features.present, labels)
    features = _drop_modalities(features, recipe.modality_dropout)
    prediction: Prediction = head(features)
    loss = fit_to_labels(prediction, labels, features.present, recipe.side_loss)
    if prediction.extra_loss is not None:
        loss = loss + prediction.extra_loss
    if recipe.adversarial:
        loss = loss + vat_loss(head, features, recipe.adversarial)
    if likelihood is not None:
        loss = loss * label_confidence(likelihood, prediction.logits, labels)
    return loss @ row_weights


def fit_to_labels(
    prediction: Prediction, labels: Tensor, present: Tensor, side_loss: float
) -> Tensor:
    """(B,) cross-entropy with the labels (B,): of the prediction, and with a weight of `side_loss`
    of what each present (B, M) modality predicts alone; of parts that learn apart the sum.
    """
    if prediction.apart_logits is not None:
        apart = _of_modalities(prediction.apart_logits, labels, present)
        whole = prediction.whole
        return apart if whole is None else apart + fit_to_labels(whole, labels, present, side_loss)
    loss = cross_entropy(prediction.logits, labels)
    if prediction.unimodal_logits is None:
        return loss
    return loss + side_loss * _of_modalities(prediction.unimodal_logits, labels, present)


def _of_modalities(logits: Tensor, labels: Tensor, present: Tensor) -> Tensor:
    return (cross_entropy(logits, labels) * present).sum(dim=1)


def _drop_modalities(features: Features, share: float) -> Features:
    """Hide text or audio, with the same chance, in a share of the rows that have both."""
    masks = features.dropout_masks
    assert masks is not None
    drawn = masks.uniform(1)
    hide = torch.cat([drawn < share / 2, drawn >= 1 - share / 2], dim=1)
    both = features.present.all(dim=1, keepdim=True)
    return replace(features, present=features.present & ~(hide & both))
