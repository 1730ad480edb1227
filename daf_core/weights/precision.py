"""The number format that encoders run in; by itself, for asking must not load torch."""

from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]
COMPUTES_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # flags of x86 and ARM processors


def fastest_precision(device: str) -> Precision:
    """bfloat16 on a GPU and on a processor that computes in it, else float32.

    On such a processor it is 1.7 times as fast, and scores agree with those of float32 at r = .9999
    (benchmarks/science/precision.py).
    """
    return "bfloat16" if not on_cpu(device) or _flags() & COMPUTES_BFLOAT16 else "float32"


def on_cpu(device: str) -> bool:
    """Whether `device` ("cpu", "cuda:0" …) is a CPU."""
    return device.partition(":")[0] == "cpu"


def _flags() -> set[str]:
    """What the processor can do, as Linux tells it; nothing elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    lines = (line.partition(":") for line in text.splitlines())
    return {
        flag
        for name, _, flags in lines
        if name.strip().lower() in ("flags", "features")
        for flag in flags.split()
    }
