"""How a head is trained."""

import math
from dataclasses import dataclass
from typing import Literal

Unheard = Literal["recordings", "speakers"]
LARGE_ROWS = 10_000  # of a corpus that is trained on in larger batches


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a head is trained; a published table names the settings in which it differs."""

    width: int = 128
    batch_rows: int = 128
    also_rows: int = 128  # more rows a step, where there are others than those to be learned
    epochs: int = 100
    patience: int = 15
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    side_loss: float = 0.2  # weight of the loss of what each modality says alone
    modality_dropout: float = 0.1  # share of rows with both modalities that lose one
    balance: bool = False  # rows of each polarity weigh the same in sum, however many they are
    adversarial: float = 0.0  # radius of virtual adversarial training, in standard deviations
    importance: bool = False  # rows of other corpora count as far as their labels are believed
    unheard: Unheard | None = None  # of what, beyond the labelled ones, intervals shall hold
    seed: int = 0


def usual_batch(train_rows: int) -> int:
    """Rows a step for so many rows: a large corpus has steps enough in batches four times as large,
    which take half the time.
    """
    usual = Recipe().batch_rows
    return usual if train_rows < LARGE_ROWS else 4 * usual


def usual_rate(batch_rows: int) -> float:
    """Learning rate for so many rows a step: above the usual batch it grows with its square root
    (Malladi et al. 2022, arXiv 2205.10287).
    """
    usual = Recipe()
    return usual.learning_rate * math.sqrt(max(1, batch_rows / usual.batch_rows))
