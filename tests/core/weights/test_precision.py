"""The number format that encoders compute in by default."""

import torch

from daf_core.weights.precision import fastest_precision


def test_gpus_compute_in_bfloat16() -> None:
    assert fastest_precision("cuda") == fastest_precision("cuda:1") == "bfloat16"


def test_a_processor_that_has_bfloat16_uses_it() -> None:
    can = torch.cpu.get_capabilities()
    has = can.get("avx512_bf16", False) or can.get("amx_bf16", False) or can.get("bf16", False)
    assert fastest_precision("cpu") == ("bfloat16" if has else "float32")
