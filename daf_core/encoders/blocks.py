"""Transformer blocks in plain torch, of which BERT and Whisper's encoder are made.

Importing transformers takes longer than loading their weights, so the families of the default
encoders do without it. Shape suffixes: B rows, S steps, D width, H heads, K width of a head.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from daf_core.encoders.linear import Linear


class Norm(NamedTuple):
    """A layer norm. weight, bias: (width,)."""

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, hidden: Tensor) -> Tensor:
        return functional.layer_norm(
            hidden, self.weight.shape, self.weight, self.bias, self.epsilon
        )


@dataclass(frozen=True)
class Block:
    """Self-attention and a feed-forward network, each with a residual and a norm.

    together: queries, keys and values, one linear layer (3 D, D); norm_first: the norms stand
    before attention and network (Whisper), not after their residuals (BERT).
    """

    heads: int
    norm_first: bool
    together: Linear
    out: Linear
    attention_norm: Norm
    up: Linear
    down: Linear
    network_norm: Norm

    def __call__(self, hidden_BSD: Tensor, mask_BS: Tensor | None) -> Tensor:
        """The block's output (B, S, D); mask_BS: which steps are attended to, None: all."""
        if self.norm_first:
            normed = self.attention_norm(hidden_BSD)
            hidden_BSD = hidden_BSD + self.out(self._attention(normed, mask_BS))
            return hidden_BSD + self._network(self.network_norm(hidden_BSD))
        attended = self.out(self._attention(hidden_BSD, mask_BS))
        hidden_BSD = self.attention_norm(hidden_BSD + attended)
        return self.network_norm(hidden_BSD + self._network(hidden_BSD))

    def _network(self, hidden: Tensor) -> Tensor:
        return self.down(functional.gelu(self.up(hidden)))

    def _attention(self, hidden_BSD: Tensor, mask_BS: Tensor | None) -> Tensor:
        rows, steps, width = hidden_BSD.shape
        split = self.together(hidden_BSD).view(rows, steps, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        if hidden_BSD.is_cuda:
            mask = None if mask_BS is None else mask_BS[:, None, None]
            mixed = functional.scaled_dot_product_attention(queries, keys, values, mask)
        else:
            mixed = _on_cpu(queries, keys, values, mask_BS)
        return mixed.transpose(1, 2).reshape(rows, steps, width)


def _on_cpu(q_BHSK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, mask_BS: Tensor | None) -> Tensor:
    """Attention with its softmax in float32, which is faster than one in bfloat16."""
    weights = (q_BHSK * q_BHSK.shape[-1] ** -0.5) @ k_BHSK.transpose(-1, -2)
    weights = weights.float()
    if mask_BS is not None:
        weights = weights.masked_fill_(~mask_BS[:, None, None], -torch.inf)
    mixed: Tensor = weights.softmax(-1).to(v_BHSK.dtype) @ v_BHSK
    return mixed


class Names(NamedTuple):
    """How a family names the tensors of a block, after the block's own prefix."""

    queries: str
    keys: str
    values: str
    out: str
    attention_norm: str
    up: str
    down: str
    network_norm: str

    def shapes(self, prefix: str, width: int, inner: int) -> dict[str, tuple[int, ...]]:
        """Tensor → shape of one block; keys need no bias."""
        linear = dict.fromkeys(self[:4], (width, width))
        linear |= {self.up: (inner, width), self.down: (width, inner)}
        found: dict[str, tuple[int, ...]] = {}
        for name, shape in linear.items():
            found |= {f"{prefix}{name}.weight": shape, f"{prefix}{name}.bias": shape[:1]}
        for name in (self.attention_norm, self.network_norm):
            found |= {f"{prefix}{name}.weight": (width,), f"{prefix}{name}.bias": (width,)}
        return found

    def block(
        self,
        tensors: Mapping[str, Tensor],
        prefix: str,
        heads: int,
        norm_first: bool,
        epsilon: float,
    ) -> Block:
        """The block with this prefix."""

        def weights(name: str) -> tuple[Tensor, Tensor]:
            weight = tensors[f"{prefix}{name}.weight"]
            bias = tensors.get(f"{prefix}{name}.bias")
            return weight, weight.new_zeros(len(weight)) if bias is None else bias

        def norm(name: str) -> Norm:
            return Norm(tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"], epsilon)

        parts = [weights(name) for name in (self.queries, self.keys, self.values)]
        return Block(
            heads=heads,
            norm_first=norm_first,
            together=Linear(*(torch.cat(values) for values in zip(*parts, strict=True))),
            out=Linear(*weights(self.out)),
            attention_norm=norm(self.attention_norm),
            up=Linear(*weights(self.up)),
            down=Linear(*weights(self.down)),
            network_norm=norm(self.network_norm),
        )
