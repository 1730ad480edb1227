"""Batches by length, and statistics over time that padding cannot touch."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from daf_core.errors import NotDone


def batches(lengths: Sequence[int], budget: int) -> list[npt.NDArray[np.intp]]:
    """Indices of rows, longest first, in groups whose padded size is at most `budget`.

    The padded size is rows × longest; a row longer than the budget is a group of its own.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    groups = []
    start = 0
    while start < len(order):
        rows = max(1, budget // max(1, lengths[order[start]]))
        groups.append(order[start : start + rows])
        start += rows
    return groups


def in_batches(
    lengths: Sequence[int], budget: int, encode: Callable[[npt.NDArray[np.intp]], None]
) -> None:
    """Call `encode` with the rows of each of `batches`; halves of one that GPU memory cannot hold.

    Raises:
        NotDone: the GPU's memory cannot hold a single row.
    """
    waiting = batches(lengths, budget)[::-1]
    while waiting:
        rows = waiting.pop()
        try:
            encode(rows)
        except torch.OutOfMemoryError as err:
            if len(rows) == 1:
                raise NotDone(
                    "the GPU's memory cannot hold a single utterance; give each actor more of a "
                    "GPU (--gpus-per-actor) or end what else runs on it, and run the command again"
                ) from err
            waiting += [rows[len(rows) // 2 :], rows[: len(rows) // 2]]
        else:
            continue
        torch.cuda.empty_cache()  # after the error, which holds on to tensors, is gone


def masked_mean(hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Mean over the first `lengths` steps: (rows, steps, width) → (rows, width) float32."""
    return _masked_sum(hidden.float(), lengths) / lengths[:, None].clamp(min=1)


def masked_moments(hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Mean and sum of squared deviations over the first `lengths` steps.

    (rows, steps, width) → (rows, 2, width) float32.
    """
    hidden = hidden.float()
    mean = masked_mean(hidden, lengths)
    squares = _masked_sum((hidden - mean[:, None]).square(), lengths)
    return torch.stack([mean, squares], dim=1)


def _masked_sum(hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    steps = torch.arange(hidden.shape[1], device=hidden.device)
    valid = (steps < lengths[:, None]).to(hidden.dtype)
    return torch.bmm(valid[:, None], hidden)[:, 0]


def merge_windows(
    moments: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Mean and deviation of whole utterances from the moments of their windows.

    `moments` is (windows, layers, 2, width) as `masked_moments` gives them, `counts` the steps in
    each window, `starts` the first window of each utterance. Gives (utterances, layers, 2 × width).
    The merge is exact (Chan, Golub and LeVeque 1983).
    """
    windows = np.diff(np.append(starts, len(counts)))
    share = counts / np.repeat(np.add.reduceat(counts, starts), windows)
    means, squares = moments[:, :, 0], moments[:, :, 1]
    mean = np.add.reduceat(means * share[:, None, None], starts)
    between = (means - np.repeat(mean, windows, axis=0)) ** 2
    within = squares / counts[:, None, None]
    variance = np.add.reduceat((within + between) * share[:, None, None], starts)
    return np.concatenate([mean, np.sqrt(variance)], axis=2).astype(np.float32)
