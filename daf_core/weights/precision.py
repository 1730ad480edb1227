"""The number format that encoders compute in. Does not load torch, so that drivers can ask."""

from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of x86 and ARM processors


def fastest_precision(device: str) -> Precision:
    """bfloat16 on a GPU or on a processor with instructions for it, else float32.

    On such a processor bfloat16 is 1.7 times as fast; its scores correlate with those of float32
    at r = .9999 (benchmarks/science/precision.py).
    """
    return "bfloat16" if not on_cpu(device) or _flags() & BFLOAT16_FLAGS else "float32"


def on_cpu(device: str) -> bool:
    """Whether `device` ("cpu", "cuda:0" …) is a CPU."""
    return device.partition(":")[0] == "cpu"


def _flags() -> set[str]:
    """Flags of the processor as Linux lists them; empty on other systems."""
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
