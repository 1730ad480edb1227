"""The workers of one training, who sum over all of them; outside `torch.distributed` it is one."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def rank_and_workers() -> tuple[int, int]:
    """This worker's number and how many there are; (0, 1) outside `torch.distributed`."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def sum_over_workers(value: Tensor) -> Tensor:
    """The sum of `value` over all workers, in place."""
    if dist.is_initialized():
        dist.all_reduce(value)
    return value


def sum_gradients(head: nn.Module) -> None:
    """Sum gradients over all workers, in one flat all-reduce: heads are small, latency costs."""
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


class _Summed(torch.autograd.Function):
    """The sum over all workers; so is its gradient, as each worker's loss hangs on it."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        return sum_over_workers(value.clone())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return sum_over_workers(gradient.clone())


def batch_of_all(value: Tensor, batch_rows: int, own: Tensor) -> Tensor:
    """Rows (own rows, …) of every worker, (batch_rows, …), each at its place in the global batch;
    gradients find their way back. Every worker has to call it.
    """
    place = value.new_zeros((batch_rows, *value.shape[1:])).index_copy(0, own, value)
    whole: Tensor = _Summed.apply(place)  # type: ignore[no-untyped-call]
    return whole
