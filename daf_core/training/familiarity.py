"""Fit familiarity: where the training rows lie, how far from them held-out rows are, and on which
side of a plane lies what the corpus says is strange.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from daf_core.distributed import gathered, sum_over_workers
from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.familiarity import (
    MOST_DIRECTIONS,
    PERCENTILES,
    Familiarity,
    is_measured,
)
from daf_core.training.rows import CHUNK_ROWS, Rows

LEAST_STRANGE = 50  # rows, without which a plane says little
SHRINKAGE = 0.1  # of the covariance of both sides, towards that of round clouds
LEAST_ROWS = 100  # held out, without which percentiles say little
SMALLEST_VARIANCE = 1e-4  # of a direction, as a share of the mean variance: flatter ones are noise


def fit_familiarity(
    train: Rows, held_out: Rows, shapes: ColumnShapes, strange: Rows | None = None
) -> dict[str, Familiarity]:
    """The familiarity of the first pooled column of each modality, by the column's name.

    strange: rows that shall never be familiar, such as music.

    Every worker calls it with its own rows. A modality that fewer than LEAST_ROWS held-out rows
    have is left out.
    """
    found = {}
    for modality in MODALITIES:
        name = next((name for name in shapes if is_measured(name, modality)), None)
        if name is None:
            continue
        index = MODALITIES.index(modality)
        near, far = (sum_over_workers(rows.present[:, index].sum()) for rows in (train, held_out))
        if near > 1 and far >= LEAST_ROWS:
            near_rows, far_rows = (
                rows.values[name][rows.present[:, index]] for rows in (train, held_out)
            )
            own = None if strange is None else strange.values[name][strange.present[:, index]]
            found[name] = _of_column(near_rows, far_rows, own)
    return found


def _of_column(train: Tensor, held_out: Tensor, strange: Tensor | None) -> Familiarity:
    """Familiarity of this worker's embeddings (rows, layers, F) and those of all others."""
    layer = train.shape[1] // 2
    mean, covariance = _moments([x[:, layer] for x in torch.split(train, CHUNK_ROWS)])
    variance, directions = torch.linalg.eigh(covariance)  # from the smallest variance up
    kept = variance > SMALLEST_VARIANCE * variance.mean()
    kept[:-MOST_DIRECTIONS] = False
    whitening = directions[:, kept] / variance[kept].sqrt()
    placed = Familiarity(
        layer, mean.float().cpu(), whitening.float().cpu(), torch.zeros(PERCENTILES)
    )
    distances = np.quantile(
        gathered(placed.distance(held_out.cpu())), np.linspace(0, 1, PERCENTILES)
    ).astype(np.float32)
    plane = None
    rows = train.new_tensor(0 if strange is None else len(strange), dtype=torch.int64)
    if sum_over_workers(rows) >= LEAST_STRANGE and strange is not None:
        other = _moments([x[:, layer] for x in torch.split(strange, CHUNK_ROWS)])
        plane = _plane_between((mean, covariance), other).float().cpu()
    return Familiarity(layer, placed.mean, placed.whitening, torch.from_numpy(distances), plane)


def _plane_between(near: tuple[Tensor, Tensor], far: tuple[Tensor, Tensor]) -> Tensor:
    """(F + 1,) the plane half-way between two clouds of rows, by Fisher's linear discriminant: a
    direction and, last, a bias; x @ direction + bias is negative on the side of `far`.

    near, far: mean (F,) and covariance (F, F) of each.
    """
    (mean, covariance), (other, of_other) = near, far
    both = (covariance + of_other) / 2
    round_cloud = torch.eye(len(both), dtype=both.dtype, device=both.device) * both.diag().mean()
    direction = torch.linalg.solve((1 - SHRINKAGE) * both + SHRINKAGE * round_cloud, mean - other)
    bias = -direction @ (mean + other) / 2
    plane: Tensor = torch.cat([direction, bias[None]]) / direction.norm()
    return plane


def _moments(chunks: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean (F,) and covariance (F, F), float64, of the rows (rows, F) of all workers."""
    total = torch.stack([chunk.sum(dim=0, dtype=torch.float64) for chunk in chunks]).sum(dim=0)
    count = sum_over_workers(total.new_tensor(sum(map(len, chunks))))
    mean = sum_over_workers(total) / count
    products = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=mean.device)
    for chunk in chunks:
        centred = chunk.float() - mean.float()
        products += centred.T @ centred
    return mean, sum_over_workers(products) / count
