"""The training loss: cross-entropy, and what head and recipe add to it."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from daf_core.heads.parts import Features, Prediction, parts_apart
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
    other losses that head and recipe ask for. Of a head whose modalities learn apart only what
    these predict counts.

    Args:
        weights: (SETS, kinds) of rows by modalities and polarity or class (`balance`).
        likelihood: (B,) of the labels by the reference head, for `label_confidence`; None weights
            all rows alike.
    """
    row_weights = weights_of_rows(weights, features.present, labels)
    features = _drop_modalities(features, recipe.modality_dropout)
    prediction: Prediction = head(features)
    apart = bool(parts_apart(head))
    alone = prediction.apart_logits if apart else prediction.unimodal_logits
    unimodal = torch.zeros_like(labels)
    if alone is not None:
        unimodal = (cross_entropy(alone, labels) * features.present).sum(dim=1)
    if apart:
        loss = unimodal
    else:
        loss = cross_entropy(prediction.logits, labels) + recipe.side_loss * unimodal
    if prediction.extra_loss is not None:
        loss = loss + prediction.extra_loss
    if recipe.adversarial:
        loss = loss + vat_loss(head, features, recipe.adversarial)
    if likelihood is not None:
        loss = loss * label_confidence(likelihood, prediction.logits, labels)
    return loss @ row_weights


def _drop_modalities(features: Features, share: float) -> Features:
    """Hide text or audio, with the same chance, in a share of the rows that have both."""
    masks = features.dropout_masks
    assert masks is not None
    drawn = masks.uniform(1)
    hide = torch.cat([drawn < share / 2, drawn >= 1 - share / 2], dim=1)
    both = features.present.all(dim=1, keepdim=True)
    return replace(features, present=features.present & ~(hide & both))
