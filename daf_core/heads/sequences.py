"""What heads share that read utterances step by step: frames in, states and masks out.

Shapes: B rows, M = 2 modalities, N steps, D head width.
"""

from math import gcd, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import FRAMES, MODALITIES, ColumnShapes, frames
from daf_core.errors import SettingsError
from daf_core.heads.parts import Features, Standardizer, drop


def steps_in(x_bnf: Tensor) -> Tensor:
    """Which steps (B, N) there are: those beyond an utterance's end are all zero."""
    return (x_bnf != 0).any(dim=2)


class FrameStandardizer(Standardizer):
    """A column of frames: each feature standardised over the steps of all training rows."""

    def __init__(self, features: int) -> None:
        super().__init__(1, features)

    def observed(self, x_blf: Tensor) -> Tensor:
        return x_blf[steps_in(x_blf)][:, None]

    def standardise(self, x_blf: Tensor) -> Tensor:
        return super().standardise(x_blf) * steps_in(x_blf)[:, :, None]


class Sequence(nn.Module):
    """One modality: frames → standardise → normalise → project to (B, N, D)."""

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
        states = drop(self.normalise(x), features.noise)
        return drop(functional.gelu(self.project(states)), features.noise), steps_in(x)


class Sequences(nn.Module):
    """Both modalities: states (B, M, N, D), 0 where there is no step, and (B, M, N) where one is.

    Raises:
        SettingsError: there are no frames.
    """

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        held = frames(streams)
        if not held:
            raise SettingsError(
                "reads frames, the embeddings hold none; make them with `daf embed --frames 16` or "
                "another number"
            )
        self.steps, self.width = max(steps for steps, _ in held.values()), width
        self.sequences = nn.ModuleDict(
            {name: Sequence(name, features, width) for name, (_, features) in held.items()}
        )

    def forward(self, features: Features) -> tuple[Tensor, Tensor]:
        present = features.present
        states = present.new_zeros((*present.shape, self.steps, self.width), dtype=torch.float)
        there = present.new_zeros((*present.shape, self.steps))
        found = [
            self.sequences[name + FRAMES](features)
            if name + FRAMES in self.sequences
            else (states[:, m], there[:, m])
            for m, name in enumerate(MODALITIES)
        ]
        there = torch.stack([steps for _, steps in found], dim=1) & present[:, :, None]
        return torch.stack([states for states, _ in found], dim=1) * there[..., None], there


def attention(scores: Tensor, there: Tensor) -> Tensor:
    """Softmax over the last dimension of what is `there`; all 0 where nothing is."""
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~there, lowest).softmax(dim=-1) * there


class AttentionPool(nn.Module):
    """States (B, N, D) → their mean (B, D), weighted by how well they fit a learned query."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))  # starts as the plain mean

    def forward(self, states: Tensor, there: Tensor) -> Tensor:
        weights = attention(states @ self.query / sqrt(len(self.query)), there)
        return torch.bmm(weights[:, None], states)[:, 0]


class Attend(nn.Module):
    """Every step of one sequence looks at those of another: (B, N, D) of what it saw.

    It may look at nothing, as it must where the other one is absent.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(
            width, gcd(width, 4), add_zero_attn=True, batch_first=True
        )

    def forward(self, looking: Tensor, seen: Tensor, there: Tensor) -> Tensor:
        found: Tensor = self.attention(
            looking, seen, seen, key_padding_mask=~there, need_weights=False
        )[0]
        return found


class Refine(nn.Module):
    """The position-wise network of a transformer block, with its norm and skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(width)
        self.hidden = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor) -> Tensor:
        refined: Tensor = self.out(functional.gelu(self.hidden(self.normalise(states))))
        return states + refined
