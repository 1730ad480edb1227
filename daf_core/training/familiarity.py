"""Fit familiarity: where the training rows lie, and how far from them held-out rows are."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from daf_core.distributed import gathered, sum_over_workers
from daf_core.embeddings.columns import MODALITIES, Column, ColumnShapes
from daf_core.measures.familiarity import PERCENTILES, Familiarity
from daf_core.training.rows import CHUNK_ROWS, Rows

LEAST_ROWS = 100  # held out, without which percentiles say little
MOST_DIRECTIONS = 190  # principal directions that are kept: heads of the package stay under 5 MB
SMALLEST_VARIANCE = 1e-4  # of a direction, as a share of the mean variance: flatter ones are noise


def fit_familiarity(train: Rows, held_out: Rows, shapes: ColumnShapes) -> dict[str, Familiarity]:
    """The familiarity of the first pooled column of each modality, by the column's name.

    Every worker calls it with its own rows. A modality that fewer than LEAST_ROWS held-out rows
    have is left out.
    """
    found = {}
    for modality in MODALITIES:
        name = next((name for name in shapes if _is_measured(name, modality)), None)
        if name is None:
            continue
        index = MODALITIES.index(modality)
        near, far = (sum_over_workers(rows.present[:, index].sum()) for rows in (train, held_out))
        if near > 1 and far >= LEAST_ROWS:
            found[name] = _of_column(
                *(rows.values[name][rows.present[:, index]] for rows in (train, held_out))
            )
    return found


def _is_measured(name: str, modality: str) -> bool:
    column = Column.from_name(name)
    return column.modality == modality and column.is_utterance and column.derived is None


def _of_column(train: Tensor, held_out: Tensor) -> Familiarity:
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
    return Familiarity(layer, placed.mean, placed.whitening, torch.from_numpy(distances))


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
