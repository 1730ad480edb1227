"""Sums over the workers of one training; outside `torch.distributed` there is one worker."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor, nn


def rank_and_workers() -> tuple[int, int]:
    """This worker's number, from 0, and the number of workers."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def sum_over_workers(value: Tensor) -> Tensor:
    """The sum of `value` over all workers, in place."""
    if dist.is_initialized():
        dist.all_reduce(value)
    return value


def gathered(own: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The rows (rows, …) of all workers, those of the first worker first."""
    if not dist.is_initialized():
        return own
    every: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(every, own)
    return np.concatenate(every)


def gathered_tensor(own: Tensor) -> Tensor:
    """The rows (rows, …) of all workers as `gathered`, on the CPU."""
    return torch.from_numpy(gathered(own.cpu().numpy()))


def sum_gradients(head: nn.Module) -> None:
    """Sum gradients over all workers, in place.

    One all-reduce of all gradients: heads are small, so the time goes into latency.
    """
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return
    parameters = list(head.parameters())
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
    dist.all_reduce(flat)
    start = 0
    for parameter in parameters:
        parameter.grad = flat[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()


class _AllReduceSum(torch.autograd.Function):
    """The sum over all workers, and of its gradient too, as every worker's loss depends on it.

    torch.distributed.nn.functional.all_reduce does the same; torch 2.13 deprecates it.
    """

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        return sum_over_workers(value.clone())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return sum_over_workers(gradient.clone())


def gather_batch(value: Tensor, batch_rows: int, own: Tensor) -> Tensor:
    """The rows of all workers in the order of the global batch; gradients flow back to them.

    Every worker has to call it.

    Args:
        value: (own rows, …), this worker's rows.
        batch_rows: rows of the global batch.
        own: (own rows,), places of this worker's rows in the global batch.

    Returns:
        (batch_rows, …).
    """
    padded = value.new_zeros((batch_rows, *value.shape[1:])).index_copy(0, own, value)
    batch: Tensor = _AllReduceSum.apply(padded)  # type: ignore[no-untyped-call]
    return batch
