"""Familiarity: how near the embeddings of an utterance lie to those of the training rows.

The measure is the Mahalanobis distance to the training rows in a middle layer of a frozen encoder
(Lee et al. 2018, arXiv 1807.03888). Middle layers tell strange input best: a last layer maps it to
something that it knows. A distance becomes a percentile among rows held out from training. Where
the corpus had strange rows, such as music, a plane between them and the training rows has a say too
(outlier exposure, Hendrycks et al. 2019, arXiv 1812.04606): beyond it nothing is familiar.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from daf_core.arrays import BoolArray
from daf_core.embeddings.columns import Column, HalfArray

PERCENTILES = 101
MOST_DIRECTIONS = 190  # principal directions that are kept: heads of the package stay under 5 MB


def is_measured(name: str, modality: str) -> bool:
    """Whether the familiarity of a modality can be measured in the column of this name."""
    column = Column.from_name(name)
    return column.modality == modality and column.is_utterance and column.derived is None


@dataclass(frozen=True)
class Familiarity:
    """The training rows of one embedding column.

    layer: the layer that is read; mean: (F,); whitening: (F, K), to directions in which the
    training rows have deviation 1; distances: (PERCENTILES,) percentiles of the distances of
    rows that were held out; plane: (F + 1,) a direction and a bias, negative where strange rows
    lie, None if there were none.
    """

    layer: int
    mean: Tensor
    whitening: Tensor
    distances: Tensor
    plane: Tensor | None = None

    def measure(self, values: HalfArray) -> npt.NDArray[np.float32]:
        """Familiarity (rows,) of embeddings (rows, layers, F): the share, in [0, 1], of held-out
        rows that lie as far from the training rows, or farther; 0 beyond the plane.
        """
        rows = torch.from_numpy(values)
        nearer = np.interp(
            self.distance(rows), self.distances.numpy(), np.linspace(0, 1, PERCENTILES)
        )
        return np.where(self.is_strange(rows), 0, 1 - nearer).astype(np.float32)

    def is_strange(self, values: Tensor) -> BoolArray:
        """Which (rows,) of embeddings (rows, layers, F) lie beyond the plane."""
        if self.plane is None:
            return np.zeros(len(values), bool)
        side = values[:, self.layer].float() @ self.plane[:-1] + self.plane[-1]
        found: BoolArray = (side < 0).numpy()
        return found

    def distance(self, values: Tensor) -> npt.NDArray[np.float32]:
        """Distances (rows,) to the training rows of embeddings (rows, layers, F)."""
        directions = (values[:, self.layer].float() - self.mean) @ self.whitening
        found: npt.NDArray[np.float32] = directions.square().sum(dim=1).sqrt().numpy()
        return found

    def tensors(self) -> dict[str, Tensor]:
        """The tensors by name, to be stored."""
        return {
            "mean": self.mean,
            "whitening": self.whitening,
            "distances": self.distances,
            "layer": torch.tensor([self.layer]),
            **({} if self.plane is None else {"plane": self.plane}),
        }

    @classmethod
    def from_tensors(cls, stored: dict[str, Tensor]) -> "Familiarity":
        """What `tensors` gave."""
        return cls(
            int(stored["layer"].item()),
            stored["mean"],
            stored["whitening"],
            stored["distances"],
            stored.get("plane"),
        )
