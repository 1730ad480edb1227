"""Apply the offsets of an adapted head to its predictions.

An offset moves and stretches a whole distribution, so that sentiments, intervals and probabilities
of polarities stay those of one distribution.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES
from daf_core.heads.parts import Prediction
from daf_core.heads.sentiment_bins import LOWEST, NUM_BINS, STEP
from daf_core.measures.adjustment_values import Adjustment, Affine
from daf_core.measures.calibration import modality_set

_NONE = Affine(1.0, 0.0, 0)
_LEAST = 1e-6  # probability of a bin


def moved(logits: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Distributions (rows, NUM_BINS), as logits, of scale · sentiment + shift.

    Probability that leaves [-3.25, 3.25] goes to the bin at that end. Rows with scale 1 and shift 0
    keep their logits.

    Args:
        scale: (rows,) above 0; shift: (rows,).
    """
    probabilities = logits.softmax(dim=-1)
    below = functional.pad(probabilities.cumsum(dim=-1), (1, 0))
    first = LOWEST - STEP / 2
    edges = first + STEP * torch.arange(NUM_BINS + 1, device=logits.device)
    position = ((edges - shift[:, None]) / scale[:, None] - first) / STEP
    position = position.clamp(0, NUM_BINS)
    index = position.floor().clamp_max(NUM_BINS - 1).long()
    left = below.gather(1, index)
    share = left + (position - index) * (below.gather(1, index + 1) - left)
    share[:, 0], share[:, -1] = 0.0, 1.0
    found = share.diff(dim=1).clamp_min(_LEAST).log()
    same = (scale == 1) & (shift == 0)
    return torch.where(same[:, None], logits, found)


def adjusted(
    prediction: Prediction,
    adjustment: Adjustment,
    present: Tensor,
    group_of_rows: Sequence[str | None] = (),
) -> Prediction:
    """The prediction with the offsets of its rows.

    What a modality says alone gets the offset of rows that have this modality alone.

    Args:
        present: (rows, M) bool, which modalities each row has.
        group_of_rows: the row's value in the column `adjustment.group`, if there is one.
    """
    rows = len(present)
    own = torch.zeros(rows)
    if adjustment.group is not None:
        own += torch.tensor([adjustment.shifts.get(name or "", 0.0) for name in group_of_rows])
    scale, shift = torch.ones(rows), torch.zeros(rows)
    for modalities in torch.unique(present, dim=0):
        affine = adjustment.sets.get(modality_set(modalities), _NONE)
        index = (present == modalities).all(dim=1)
        scale[index], shift[index] = affine.scale, affine.shift
    logits = moved(prediction.logits, scale, shift + own)
    unimodal = prediction.unimodal_logits
    if unimodal is not None:
        alone = [adjustment.sets.get(name, _NONE) for name in MODALITIES]
        pieces = [
            moved(unimodal[:, m], torch.full((rows,), one.scale), one.shift + own)
            for m, one in enumerate(alone)
        ]
        unimodal = torch.stack(pieces, dim=1)
    return replace(prediction, logits=logits, unimodal_logits=unimodal)
