"""Ways to adapt a head, from the simplest to the most thorough."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from daf_core.adaptation.fine_tune import RECIPE, fine_tune
from daf_core.adaptation.labelled_rows import GROUP_COLUMNS, Index, LabelledRows
from daf_core.adaptation.offsets import Residuals, fit_affine, group_shifts
from daf_core.arrays import FloatArray
from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import Prediction
from daf_core.heads.sentiment_bins import median
from daf_core.measures.adjustment import adjusted
from daf_core.measures.adjustment_values import Adjustment, Affine, GroupColumn
from daf_core.measures.calibration import modality_set
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe

Method: TypeAlias = Literal["calibrate", "offset", "fine-tune"]
METHODS: tuple[Method, ...] = ("calibrate", "offset", "fine-tune")


@dataclass(frozen=True)
class AdaptedHead:
    """A network and the offsets of its sentiments."""

    module: nn.Module
    adjustment: Adjustment | None

    def predict(self, labelled: LabelledRows, present: Tensor) -> Prediction:
        """The prediction for rows of which the modalities `present` (rows, M) are shown."""
        found = predict(self.module, replace(labelled.rows, present=present))
        if self.adjustment is None:
            return found
        column = self.adjustment.group
        groups = labelled.groups[column] if column is not None else ()
        return adjusted(found, self.adjustment, present, groups)


@dataclass(frozen=True)
class Candidate:
    """A way to adapt a head: `fit` takes the head as it is and labelled rows.

    method: the kind; name: in words.
    """

    method: Method
    name: str
    fit: Callable[[AdaptedHead, LabelledRows], AdaptedHead]


def every_candidate(labelled: LabelledRows, seed: int, recipe: Recipe = RECIPE) -> list[Candidate]:
    """All ways for these rows, from the simplest to the most thorough; the first one changes no
    sentiment.
    """

    def tuned(head: AdaptedHead, rows: LabelledRows) -> AdaptedHead:
        return AdaptedHead(fine_tune(head.module, rows, recipe, seed), None)

    def offset(scaled: bool, group: GroupColumn | None) -> Candidate:
        what = "offset and scale" if scaled else "offset"
        name = what if group is None else f"{what}, and offset by {group}"
        return Candidate(
            "offset", name, lambda head, rows: _with_offsets(head, rows, scaled, group)
        )

    groups = [name for name in GROUP_COLUMNS if len({*labelled.groups[name]} - {None}) > 1]
    return [
        Candidate("calibrate", "intervals alone, same sentiments", lambda head, rows: head),
        offset(False, None),
        offset(True, None),
        *(offset(True, group) for group in groups),
        Candidate("fine-tune", "fine-tuned layers", tuned),
    ]


def views(labelled: LabelledRows, modalities: list[str]) -> Iterator[tuple[str, Index, Tensor]]:
    """Each set of modalities that the head reads and rows have: its name, the rows, and what of
    them is shown. Rows with more modalities count for the set as well, with the others hidden.
    """
    present = labelled.rows.present
    read = [name in modalities for name in MODALITIES]
    for shown in itertools.product((True, False), repeat=len(MODALITIES)):
        if not any(shown) or any(s and not r for s, r in zip(shown, read, strict=True)):
            continue
        index = (present | ~torch.tensor(shown)).all(dim=1).nonzero()[:, 0].numpy()
        if len(index):
            yield (
                modality_set(torch.tensor(shown)),
                index,
                torch.tensor(shown).expand(len(index), -1),
            )


def _with_offsets(
    head: AdaptedHead, labelled: LabelledRows, scaled: bool, group: GroupColumn | None
) -> AdaptedHead:
    plain = AdaptedHead(head.module, None)
    sets: dict[str, Affine] = {}
    modalities = [name for m, name in enumerate(MODALITIES) if labelled.rows.present[:, m].any()]
    for name, index, shown in views(labelled, modalities):
        rows = labelled.select(index)
        sentiment = _sentiment(plain.predict(rows, shown))
        found = Residuals(sentiment, rows.labels, rows.weights, rows.clusters)
        sets[name] = fit_affine(found, scaled)
    moved = AdaptedHead(head.module, Adjustment(sets))
    if group is None:
        return moved
    left = labelled.labels - _sentiment(moved.predict(labelled, labelled.rows.present))
    shifts = group_shifts(left, labelled.groups[group], labelled.weights, labelled.clusters)
    return AdaptedHead(head.module, Adjustment(sets, group, shifts))


def _sentiment(prediction: Prediction) -> FloatArray:
    found: FloatArray = median(prediction.logits).numpy().astype(np.float64)
    return found
