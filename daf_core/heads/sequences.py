"""Modules of the heads that read frames: frames in, states and masks out.

Shapes: B rows, M = 2 modalities, N steps, D head width.
"""

from math import gcd, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, Column, ColumnShapes, select
from daf_core.errors import SettingsError
from daf_core.heads.parts import Features, Standardizer, drop


def steps_in(x_bnf: Tensor) -> Tensor:
    """Which steps (B, N) an utterance has: steps beyond its end are all zero."""
    return (x_bnf != 0).any(dim=2)


class FrameStandardizer(Standardizer):
    """Standardises each feature of a column of frames over the steps of all training rows."""

    def __init__(self, features: int) -> None:
        super().__init__(1, features)

    def observed(self, x_blf: Tensor) -> Tensor:
        return x_blf[steps_in(x_blf)][:, None]

    def standardise(self, x_blf: Tensor) -> Tensor:
        return super().standardise(x_blf) * steps_in(x_blf)[:, :, None]


class Sequence(nn.Module):
    """The frames of one modality → states (B, N, D), and which steps there are (B, N)."""

    def __init__(self, name: str, features: int, width: int) -> None:
        super().__init__()
        self.name = name
        self.frames = nn.ModuleDict({name: FrameStandardizer(features)})
        self.normalise = nn.LayerNorm(features)
        self.project = nn.Linear(features, width)

    def forward(self, features: Features) -> tuple[Tensor, Tensor]:
        x = features.values[self.name]
        frames = self.frames[self.name]
        assert isinstance(frames, FrameStandardizer)
        x = x.float() if features.standard else frames.standardise(x)
        states = drop(self.normalise(x), features.dropout_masks)
        return drop(functional.gelu(self.project(states)), features.dropout_masks), steps_in(x)


class Sequences(nn.Module):
    """The frames of both modalities → states (B, M, N, D), 0 where there is no step, and which
    steps there are (B, M, N).

    Raises:
        SettingsError: the embeddings hold no frames.
    """

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        frames = select(shapes, lambda column: column.view == "frames")
        if not frames:
            raise SettingsError(
                "expected embeddings with frames, found none; make them by `daf embed` with "
                "`frames` 16 or another number"
            )
        self.steps, self.width = max(steps for steps, _ in frames.values()), width
        self.sequences = nn.ModuleDict(
            {name: Sequence(name, features, width) for name, (_, features) in frames.items()}
        )

    def forward(self, features: Features) -> tuple[Tensor, Tensor]:
        present = features.present
        states = present.new_zeros((*present.shape, self.steps, self.width), dtype=torch.float)
        is_step = present.new_zeros((*present.shape, self.steps))
        names = [Column(modality, view="frames").name for modality in MODALITIES]
        found = [
            self.sequences[name](features)
            if name in self.sequences
            else (states[:, m], is_step[:, m])
            for m, name in enumerate(names)
        ]
        is_step = torch.stack([steps for _, steps in found], dim=1) & present[:, :, None]
        return torch.stack([states for states, _ in found], dim=1) * is_step[..., None], is_step


def attention(scores: Tensor, is_step: Tensor) -> Tensor:
    """Softmax over those entries of the last dimension that are steps; all 0 where none is."""
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~is_step, lowest).softmax(dim=-1) * is_step


class AttentionPool(nn.Module):
    """States (B, N, D) → their mean (B, D), weighted by their product with a learned query."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))  # starts as the plain mean

    def forward(self, states: Tensor, is_step: Tensor) -> Tensor:
        weights = attention(states @ self.query / sqrt(len(self.query)), is_step)
        return torch.bmm(weights[:, None], states)[:, 0]


class Attend(nn.Module):
    """Multi-head attention from the steps of one sequence to those of another: (B, N, D).

    One all-zero key is added, so that a step can attend to nothing where the other is absent.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(
            width, gcd(width, 4), add_zero_attn=True, batch_first=True
        )

    def forward(self, queries: Tensor, keys: Tensor, is_step: Tensor) -> Tensor:
        """Queries and keys (B, N, D); `is_step` (B, N) of the keys."""
        attended: Tensor = self.attention(
            queries, keys, keys, key_padding_mask=~is_step, need_weights=False
        )[0]
        return attended


class Refine(nn.Module):
    """The position-wise network of a transformer block, with its norm and skip connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(width)
        self.hidden = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor) -> Tensor:
        refined: Tensor = self.out(functional.gelu(self.hidden(self.normalise(states))))
        return states + refined
