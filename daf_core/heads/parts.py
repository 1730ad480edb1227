"""What goes into a head and what comes out, and the part all heads share: one side per modality.

Shapes: B rows, L layers, F features, D head width, M = 2 modalities in the order of MODALITIES.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, WIDE, ColumnShapes, columns_of, pooled
from daf_core.heads.sentiment_bins import NUM_BINS, median


class DropoutMasks:
    """Dropout masks that belong to rows, not to workers.

    Every worker draws the masks of the whole global batch from one seeded generator and takes
    those of its own rows: one worker or several, a row is dropped the same way.
    """

    def __init__(self, generator: torch.Generator, batch_rows: int, own: Tensor) -> None:
        self.generator, self.batch_rows, self.own = generator, batch_rows, own

    def uniform(self, width: int) -> Tensor:
        """(own rows, width) uniform numbers in [0, 1)."""
        shape, device = (self.batch_rows, width), self.generator.device
        drawn = torch.rand(shape, generator=self.generator, device=device)
        return drawn if len(self.own) == len(drawn) else drawn.index_select(0, self.own)


@dataclass(frozen=True)
class Features:
    """Embeddings of B utterances.

    values: column → (B, L, F), any float type; rows of an absent modality may hold anything finite.
    Of frames L are the steps; those beyond an utterance's end are all zero.
    present: (B, M) bool, which modality a row has; every row has one at least.
    noise: given while training only.
    standard: whether the values are standardised already, as they are once for a whole training.
    """

    values: dict[str, Tensor]
    present: Tensor
    noise: DropoutMasks | None = None
    standard: bool = False


def drop(x: Tensor, noise: DropoutMasks | None, share_dropped: float = 0.5) -> Tensor:
    """Dropout of (B, width) while training, else x; of (B, steps, width) the same at each step."""
    if noise is None:
        return x
    kept = noise.uniform(x.shape[-1]) >= share_dropped
    factors = kept.to(x.dtype) / (1 - share_dropped)
    return x * (factors if x.ndim == 2 else factors[:, None])


@dataclass(frozen=True)
class Prediction:
    """What a head says of B utterances, as distributions over sentiment (`points`).

    logits: (B, NUM_BINS).
    weights: (B, M), each row sums to 1 and is 0 where absent; None if the head has no weights.
    side_logits: (B, M, NUM_BINS), what each modality says alone, meaningless where absent; None if
    not said.
    extra_loss: (B,), while training only: what a head wants to be small beside its error.
    """

    logits: Tensor
    weights: Tensor | None = None
    side_logits: Tensor | None = None
    extra_loss: Tensor | None = None

    @cached_property
    def sentiment(self) -> Tensor:
        """(B,) in [-3, 3]."""
        return median(self.logits)

    @cached_property
    def sides(self) -> Tensor | None:
        """Sentiment by each modality alone: (B, M) in [-3, 3]; None if not said."""
        return None if self.side_logits is None else median(self.side_logits)


class Standardizer(nn.Module):
    """What reads an embedding column, by whose name a head holds it: standardises each feature of
    each layer over the training rows.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, layers: int, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(layers, features))
        self.register_buffer("scale", torch.ones(layers, features))

    def observed(self, x_blf: Tensor) -> Tensor:
        """What counts for mean and deviation: (observations, L, F)."""
        return x_blf

    def standardise_on(self, mean: Tensor, deviation: Tensor) -> None:
        """Take the (L, F) mean and deviation of training rows; constant features stay at 0."""
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(deviation > 1e-6, 1 / deviation.clamp_min(1e-6), 0.0))

    def read(self, x_blf: Tensor, standard: bool) -> Tensor:
        """Values standardised, if they are not (`standard`) already: float32."""
        return x_blf.to(self.mean.dtype) if standard else self.standardise(x_blf)

    def standardise(self, x_blf: Tensor) -> Tensor:
        """Values of any float type: within [-8, 8], float32."""
        return (x_blf.to(self.mean.dtype) - self.mean).mul_(self.scale).clamp_(-8, 8)


def columns_in(head: nn.Module) -> Iterator[tuple[str, Standardizer]]:
    """The columns that a head reads, by name."""
    for name, module in head.named_modules():
        if isinstance(module, Standardizer):
            yield name.rsplit(".", 1)[-1], module


class LayerMix(Standardizer):
    """The layers of a column, mixed.

    The mix is a softmax over learned layer weights (as in ELMo, arXiv 1802.05365, eq. 1). Middle
    layers of frozen encoders beat the last one, and the data says which.
    """

    def __init__(self, layers: int, features: int) -> None:
        super().__init__(layers, features)
        self.features = features
        self.layer_logits = nn.Parameter(torch.zeros(layers))

    def forward(self, x_blf: Tensor, standard: bool) -> Tensor:
        x_blf = self.read(x_blf, standard)
        weights = self.layer_logits.softmax(0).expand(len(x_blf), 1, -1)
        return torch.bmm(weights, x_blf)[:, 0]  # on a CPU three times as fast as einsum or matmul


class AllLayers(Standardizer):
    """The layers of a column side by side, more than a mix has to tell and to learn by heart."""

    def __init__(self, layers: int, features: int) -> None:
        super().__init__(layers, features)
        self.features = layers * features

    def forward(self, x_blf: Tensor, standard: bool) -> Tensor:
        x_blf = self.read(x_blf, standard)
        return x_blf.flatten(1)


class ModalityProjection(nn.Module):
    """One modality: its columns side by side, of each a layer mix or (`WIDE`) all layers →
    normalise → project to (B, D).
    """

    def __init__(self, columns: ColumnShapes, width: int, mix: type[LayerMix] = LayerMix) -> None:
        super().__init__()
        read = {n: (AllLayers if WIDE in n else mix)(*shape) for n, shape in columns.items()}
        self.mixes = nn.ModuleDict(read)
        features = sum(column.features for column in read.values())
        self.normalise = nn.LayerNorm(features)
        self.project = nn.Linear(features, width)

    def forward(self, features: Features) -> Tensor:
        mixed = [mix(features.values[name], features.standard) for name, mix in self.mixes.items()]
        x = drop(self.normalise(torch.cat(mixed, dim=1)), features.noise)
        return drop(functional.gelu(self.project(x)), features.noise)


class ModalityProjections(nn.Module):
    """Both modalities side by side: (B, M, D), 0 where a row, or the whole corpus, has none."""

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.width = width
        held = {name: columns_of(name, pooled(streams)) for name in MODALITIES}
        self.sides = nn.ModuleDict(
            {name: ModalityProjection(columns, width) for name, columns in held.items() if columns}
        )

    def forward(self, features: Features) -> Tensor:
        absent = features.present.new_zeros((len(features.present), self.width), dtype=torch.float)
        sides = [
            self.sides[name](features) if name in self.sides else absent for name in MODALITIES
        ]
        return torch.stack(sides, dim=1) * features.present[:, :, None]


class MLP(nn.Module):
    """A small network (B, inputs) → (B, outputs): one hidden layer of `width`."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, width)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor, noise: DropoutMasks | None) -> Tensor:
        result: Tensor = self.out(drop(functional.gelu(self.hidden(x)), noise))
        return result


class UnimodalLogits(nn.Module):
    """What each modality says by itself: (B, M, D) → logits (B, M, NUM_BINS)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nets = nn.ModuleList(MLP(width, width, NUM_BINS) for _ in MODALITIES)

    def forward(self, sides: Tensor, noise: DropoutMasks | None) -> Tensor:
        said = [net(sides[:, m], noise) for m, net in enumerate(self.nets)]
        return torch.stack(said, dim=1)
