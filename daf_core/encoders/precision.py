"""The number format that encoders run in; by itself, for asking must not load transformers."""

import torch


def dtype_on(device: str) -> torch.dtype:
    """The precision encoders run in: float32 on CPU, bfloat16 elsewhere."""
    return torch.float32 if on_cpu(device) else torch.bfloat16


def on_cpu(device: str) -> bool:
    """Whether `device` ("cpu", "cuda:0" …) is a CPU."""
    return torch.device(device).type == "cpu"
