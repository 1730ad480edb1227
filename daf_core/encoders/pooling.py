"""Batches by length, and statistics over time that do not depend on padding."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from daf_core.errors import NotDone

# Fixed cost of a batch, as a share of the budget: 50 tokens, measured with MiniLM on a CPU.
BATCH_COST = 0.05


@dataclass(frozen=True)
class FrameSpec:
    """Which hidden layer is kept over time, in at most how many steps. `steps` 0: no frames."""

    layer: int = 0
    steps: int = 0

    @classmethod
    def from_blocks(cls, blocks: int, steps: int) -> "FrameSpec":
        """Frames of the layer two thirds up a network of so many `blocks`.

        Measured: layer 4 of MiniLM's 6, 3 of whisper-tiny's 4 and 8 of mpnet's 12 are the best
        layers or close to them. The last layer never is.
        """
        return cls(round(2 * blocks / 3), steps) if steps else NO_FRAMES

    def blocks_needed(self, layers: int | None) -> int | None:
        """How many blocks the first `layers` and the frames need, at least one; None: all."""
        return max(1, layers - 1, self.layer) if layers else None


NO_FRAMES = FrameSpec()


def batches(lengths: Sequence[int], budget: int) -> list[npt.NDArray[np.intp]]:
    """Group rows of these lengths, longest first, so that encoding all of them costs least.

    Gives the indices of each group's rows. The padded size of a group, rows × its longest length,
    is at most `budget`; a row longer than the budget is a group of its own. The cost of a group is
    its padded size plus the fixed cost of a batch; dynamic programming finds the least total.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    longest = np.maximum(1, np.asarray(lengths, dtype=np.int64)[order])
    cost, begins = np.zeros(len(order) + 1), np.zeros(len(order) + 1, np.int64)
    first = 0
    for end in range(1, len(order) + 1):
        while first < end - 1 and longest[first] * (end - first) > budget:
            first += 1
        padded = longest[first:end] * np.arange(end - first, 0, -1)
        costs = cost[first:end] + padded + BATCH_COST * budget
        best = int(costs.argmin())
        cost[end], begins[end] = costs[best], first + best
    groups, end = [], len(order)
    while end:
        groups.append(order[begins[end] : end])
        end = begins[end]
    return groups[::-1]


def in_batches(
    lengths: Sequence[int], budget: int, encode: Callable[[npt.NDArray[np.intp]], None]
) -> None:
    """Call `encode` with the row indices of each batch; halve a batch that exceeds GPU memory.

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
                    "the GPU's memory cannot hold a single utterance; raise `gpus_per_actor` or "
                    "end other programs on the GPU, and run the command again"
                ) from err
            waiting += [rows[len(rows) // 2 :], rows[: len(rows) // 2]]
        else:
            continue
        torch.cuda.empty_cache()  # here, as the error object held on to tensors


def masked_mean(hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Mean over the first `lengths` (rows,) steps: (rows, steps, width) → (rows, width) float32."""
    return _masked_sum(hidden.float(), lengths) / lengths[:, None].clamp(min=1)


def masked_moments(hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Mean and sum of squared deviations over the first `lengths` (rows,) steps.

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


def span_means(hidden: torch.Tensor, lengths: torch.Tensor, most: int) -> torch.Tensor:
    """Divide the first `lengths` (rows,) steps into at most `most` equal spans; average each.

    (rows, steps, width) → (rows, most, width) float32, zero after a row's last span. A row with
    `most` steps or fewer keeps them unchanged.
    """
    if not most:
        return hidden.new_zeros((len(hidden), 0, hidden.shape[2]), dtype=torch.float32)
    steps = torch.arange(hidden.shape[1], device=hidden.device)
    valid = steps < lengths[:, None]
    span = steps * lengths.clamp(max=most)[:, None] // lengths.clamp(min=1)[:, None]
    spans = torch.arange(most, device=hidden.device)[:, None]
    member = ((span[:, None] == spans) & valid[:, None]).float()
    return torch.bmm(member / member.sum(dim=2, keepdim=True).clamp(min=1), hidden.float())


def over_time(
    hidden: Iterable[torch.Tensor], lengths: torch.Tensor, layers: int, frames: FrameSpec
) -> tuple[torch.Tensor, torch.Tensor]:
    """Moments of the first `layers` of a network, and span means of the layer of `frames`.

    `hidden` yields layers (rows, steps, width), one at a time, so that they need not be held
    together. Gives moments (rows, layers, 2, width) and spans (rows, frames.steps, width).
    """
    moments, spans = [], []
    for number, layer in enumerate(hidden):
        if number < layers:
            moments.append(masked_moments(layer, lengths))
        if number == frames.layer:
            spans.append(span_means(layer, lengths, frames.steps))
    return torch.stack(moments, dim=1), spans[0]


def merge_spans(
    spans: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Span means of whole utterances from the span means of their windows, of equal length.

    spans: (windows, most, width) as `span_means` gives them; counts: (windows,) steps in each
    window; starts: (utterances,) the first window of each utterance. Gives (utterances, most,
    width): the spans of an utterance's windows in a row, averaged again into `most` spans.
    """
    most, ends = spans.shape[1], np.append(starts[1:], len(counts))
    merged = spans[starts]
    for row in np.flatnonzero(ends - starts > 1):
        windows = range(starts[row], ends[row])
        steps = np.concatenate([spans[w, : min(counts[w], most)] for w in windows])
        whole = torch.from_numpy(steps)[None]
        merged[row] = span_means(whole, torch.tensor([len(steps)]), most)[0].numpy()
    return merged


def merge_windows(
    moments: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Mean and standard deviation of whole utterances from the moments of their windows.

    moments: (windows, layers, 2, width) as `masked_moments` gives them; counts: (windows,) steps in
    each window; starts: (utterances,) the first window of each utterance. Gives (utterances,
    layers, 2 × width). The merge is exact (Chan, Golub and LeVeque 1983).
    """
    windows = np.diff(np.append(starts, len(counts)))
    share = counts / np.repeat(np.add.reduceat(counts, starts), windows)
    means, squares = moments[:, :, 0], moments[:, :, 1]
    mean = np.add.reduceat(means * share[:, None, None], starts)
    between = (means - np.repeat(mean, windows, axis=0)) ** 2
    within = squares / counts[:, None, None]
    variance = np.add.reduceat((within + between) * share[:, None, None], starts)
    return np.concatenate([mean, np.sqrt(variance)], axis=2).astype(np.float32)
