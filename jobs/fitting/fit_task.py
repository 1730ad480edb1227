"""What is fitted: the arguments of `learn` that are the same wherever it runs."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from daf_core.embeddings.columns import ColumnShapes
from daf_core.training.dataset import Corpus
from daf_core.training.fitting import learn
from daf_core.training.recipe import Recipe
from daf_core.training.state import State
from jobs.fitting.fitted_head import FittedHead


@dataclass(frozen=True)
class FitTask:
    """A head to fit: its kind, the rows, their columns, and how."""

    kind: str
    corpus: Corpus
    also: list[Corpus]
    shapes: ColumnShapes
    recipe: Recipe
    seed: int

    def run(
        self, device: torch.device, resume: State | None, after_epoch: Callable[[State], None]
    ) -> FittedHead:
        """The fitted head; resume, after_epoch: as in `learn`."""
        fitted = learn(
            self.kind,
            self.corpus,
            self.shapes,
            self.recipe,
            device,
            seed=self.seed,
            also=self.also,
            resume=resume,
            after_epoch=after_epoch,
        ).fitted()
        return FittedHead.from_fitted(fitted)
