"""Weights of rows by which every polarity counts the same."""

import torch

from daf_core.training.balance import balancing_weights, even_weights, weights_of_rows
from daf_core.training.rows import Rows

WORDS, VOICE = [True, False], [False, True]


def rows_of(*counted: tuple[list[bool], float, int]) -> Rows:
    """So many rows with these modalities and this label, each."""
    present = [modalities for modalities, _, count in counted for _ in range(count)]
    labels = [label for _, label, count in counted for _ in range(count)]
    return Rows({}, torch.tensor(present), torch.tensor(labels))


def test_polarities_count_the_same_among_rows_with_the_same_modalities() -> None:
    rows = rows_of(
        (WORDS, 2.0, 80), (WORDS, -2.0, 16), (WORDS, 0.0, 4), (VOICE, -1.0, 9), (VOICE, 0.0, 1)
    )
    weights = weights_of_rows(balancing_weights(rows), rows.present, rows.labels)
    sums = [part.sum().item() for part in weights.split([80, 16, 4, 9, 1])]
    expected = [100 / 3, 100 / 3, 100 / 3, 5, 5]
    assert torch.allclose(torch.tensor(sums), torch.tensor(expected))


def test_without_balance_every_row_counts_the_same() -> None:
    rows = rows_of((WORDS, 2.0, 3), (VOICE, -1.0, 2), ([True, True], 0.0, 1))
    assert (weights_of_rows(even_weights(rows), rows.present, rows.labels) == 1).all()
