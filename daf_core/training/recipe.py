"""The recipe of a training: its hyperparameters, with defaults for a corpus's size."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from daf_core.errors import SettingsError, check_range, check_whole

Groups: TypeAlias = Literal["recordings", "speakers"]

BATCH_ROWS = 128
LARGE_CORPUS_ROWS = 10_000  # training rows from which batches are four times as large

MOST_UNITS = 16_384  # members · width; with it the largest kind of head takes 4 GB
_MOST = {
    "epochs": 100_000,
    "patience": 100_000,
    "batch_rows": 1_000_000,
    "width": 4096,
    "members": 100,
    "also_rows": 1_000_000,
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyperparameters of a training. The docstrings of the fields are the help of `daf train`, and
    the search of `daf evaluate` varies some of the fields.

    Raises:
        SettingsError: a value is out of range.
    """

    epochs: int = 300
    """Most passes over the training rows. Most trainings end before, by their patience."""

    patience: int = 15
    """Stop after this many epochs without a lower validation loss."""

    batch_rows: int | None = None
    """Rows per step, over all workers. Default: 128; 512 from 10,000 training rows on."""

    learning_rate: float = 3e-3
    """Learning rate of AdamW."""

    weight_decay: float = 0.3
    """Weight decay of AdamW."""

    width: int = 128
    """Units in the head's hidden layers."""

    members: int = 1
    """Train so many heads side by side from different random weights, and answer with their
    mean."""

    modality_dropout: float = 0.1
    """Share of rows with both modalities that are trained without one of them in a step."""

    side_loss: float = 0.2
    """Weight of the loss of what each modality predicts alone. In daf it changes only the part that
    reads both modalities."""

    balance: bool = False
    """Weight rows so that every polarity, or class, counts the same (as in unweighted average
    recall) among rows with the same modalities."""

    adversarial: float = 0.0
    """Radius of virtual adversarial training, in standard deviations of the embeddings (2x time or
    more). 0: off."""

    average: float = 0.99
    """Average the weights over steps, and validate and keep the average: the share of the earlier
    average in the next one. 0: off."""

    also_rows: int = BATCH_ROWS
    """Rows of each additional corpus per step."""

    weigh_labels: bool = False
    """Weight rows of additional corpora by how plausible their labels are to a head trained without
    them."""

    calibrate_for: Groups | None = None
    """Calibrate for unseen groups, by 5-fold grouped cross-validation (6x time). Default: on the
    validation rows."""

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            check_whole(name, getattr(self, name), least=1, most=most)
        if self.members * self.width > MOST_UNITS:
            raise SettingsError(
                f"`members` {self.members}: expected at most {MOST_UNITS // self.width} of `width` "
                f"{self.width}"
            )
        for name in ("modality_dropout", "average"):
            check_range(name, getattr(self, name), least=0, most=1)
        for name in ("weight_decay", "side_loss", "adversarial"):
            check_range(name, getattr(self, name), least=0, most=1000)
        if not 0 < self.learning_rate <= 1:
            raise SettingsError(
                f"`learning_rate` {self.learning_rate}: expected more than 0 and at most 1"
            )

    def resolve(self, train_rows: int) -> "Recipe":
        """The recipe with the default of `batch_rows` for this many training rows."""
        return replace(self, batch_rows=self.batch_rows or usual_batch(train_rows))


def usual_batch(train_rows: int) -> int:
    """Default rows per step for this number of training rows.

    A large corpus has enough steps even with batches four times as large, which halve the time.
    """
    return BATCH_ROWS if train_rows < LARGE_CORPUS_ROWS else 4 * BATCH_ROWS
