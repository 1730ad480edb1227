"""Linear layers of encoders, with their weights laid out once for the processor's own library.

On CPUs torch multiplies bfloat16 matrices by oneDNN, and lays the weights out anew in each call.
oneDNN also takes weights that were laid out before; on processors with AVX-512 the results have the
same bytes. torch offers this to its compiler alone, under names that may change. Where the names
are missing, a layer is an ordinary one. In float32 every layer is ordinary: torch uses another
library there, whose results differ from those of oneDNN in the last digits.
"""

import torch
from torch import Tensor
from torch.nn import functional

TYPICAL_ROWS = 1024  # of a batch: the layout is chosen for about so many tokens or frames


class Linear:
    """A linear layer. weight: (outputs, inputs); bias: (outputs,)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        packed = _packed(weight)
        self._is_packed = packed is not None
        self._weight = weight if packed is None else packed
        self._bias = bias

    def __call__(self, hidden: Tensor) -> Tensor:
        """(…, inputs) → (…, outputs)."""
        if not self._is_packed:
            return functional.linear(hidden, self._weight, self._bias)
        made: Tensor = torch.ops.mkldnn._linear_pointwise(
            hidden, self._weight, self._bias, "none", [], ""
        )
        return made


def _packed(weight: Tensor) -> Tensor | None:
    """The weight as oneDNN wants it, None where it is not to be laid out or cannot be."""
    if weight.device.type != "cpu" or weight.dtype != torch.bfloat16:
        return None
    try:
        if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return None
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, TYPICAL_ROWS)
        trial = weight.new_zeros(1, weight.shape[1])
        torch.ops.mkldnn._linear_pointwise(trial, packed, None, "none", [], "")
    except (AttributeError, NotImplementedError, RuntimeError):
        return None
    return packed
