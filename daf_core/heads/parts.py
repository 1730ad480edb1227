"""Input and output of heads, and the modules that heads share.

Shapes: B rows, L layers, F features, D head width, M = 2 modalities in the order of MODALITIES.

The attributes of all heads that hold modules or parameters (`sides`, `alone`, `mixes` …) name the
tensors of head.safetensors: a renamed one would make stored heads unreadable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES, Column, ColumnShapes, select
from daf_core.heads.sentiment_bins import NUM_BINS, median


class DropoutMasks:
    """Random numbers for dropout that belong to rows, not to workers.

    Every worker draws the numbers of the whole global batch from one seeded generator and takes
    those of its own rows, so a row is dropped the same way by one worker or by several.
    """

    def __init__(self, generator: torch.Generator, batch_rows: int, own: Tensor) -> None:
        """`own`: places in the global batch, of `batch_rows` rows, of this worker's rows."""
        self.generator, self.batch_rows, self.own = generator, batch_rows, own

    def uniform(self, width: int) -> Tensor:
        """(own rows, width) uniform numbers in [0, 1)."""
        shape, device = (self.batch_rows, width), self.generator.device
        drawn = torch.rand(shape, generator=self.generator, device=device)
        return drawn if len(self.own) == len(drawn) else drawn.index_select(0, self.own)


@dataclass(frozen=True)
class Features:
    """Embeddings of B utterances.

    values: column → (B, L, F), any float type; finite but arbitrary where the modality is absent.
        Of frames L are the steps; steps beyond an utterance's end are all zero.
    present: (B, M) bool, which modalities a row has; every row has at least one.
    dropout_masks: while training only.
    standard: whether the values are already standardised, as they are once for a whole training.
    """

    values: dict[str, Tensor]
    present: Tensor
    dropout_masks: DropoutMasks | None = None
    standard: bool = False


def drop(x: Tensor, masks: DropoutMasks | None, share_dropped: float = 0.5) -> Tensor:
    """Dropout of (B, width) or (B, steps, width), the same at each step; without masks x itself."""
    if masks is None:
        return x
    kept = masks.uniform(x.shape[-1]) >= share_dropped
    factors = kept.to(x.dtype) / (1 - share_dropped)
    return x * (factors if x.ndim == 2 else factors[:, None])


@dataclass(frozen=True)
class Prediction:
    """What a head predicts for B utterances, as distributions over the sentiment bins.

    logits: (B, NUM_BINS).
    weights: (B, M), modality weights: each row sums to 1 and is 0 where absent; None if the head
        has none.
    unimodal_logits: (B, M, NUM_BINS), the prediction of each modality alone, arbitrary where
        absent; None if the head makes none.
    apart_logits: (B, M, NUM_BINS), what modalities that learn apart predict (`apart.py`), before
        they are joined; None of other heads.
    whole: the prediction of a part that reads both modalities of such a head; None without one.
    sureness: (B, M), in [-1, 1]: 1 where a modality is surer than of most utterances, -1 where it
        is less sure, arbitrary where absent; None if the head does not say.
    extra_loss: (B,), a loss of the head's own; while training only.
    """

    logits: Tensor
    weights: Tensor | None = None
    unimodal_logits: Tensor | None = None
    apart_logits: Tensor | None = None
    whole: "Prediction | None" = None
    sureness: Tensor | None = None
    extra_loss: Tensor | None = None

    @cached_property
    def sentiment(self) -> Tensor:
        """(B,) in [-3, 3]."""
        return median(self.logits)

    @cached_property
    def unimodal_sentiment(self) -> Tensor | None:
        """Sentiment by each modality alone: (B, M) in [-3, 3]; None without unimodal logits."""
        return None if self.unimodal_logits is None else median(self.unimodal_logits)


class Standardizer(nn.Module):
    """Standardises each feature of each layer of one embedding column over the training rows.

    A head keeps it under the column's name, which is how `columns_in` finds it.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, layers: int, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(layers, features))
        self.register_buffer("scale", torch.ones(layers, features))

    def observed(self, x_blf: Tensor) -> Tensor:
        """The observations that count for mean and deviation: (observations, L, F)."""
        return x_blf

    def standardise_on(self, mean: Tensor, deviation: Tensor) -> None:
        """Use the (L, F) mean and deviation of training rows; constant features stay at 0."""
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(deviation > 1e-6, 1 / deviation.clamp_min(1e-6), 0.0))

    def read(self, x_blf: Tensor, standard: bool) -> Tensor:
        """Standardised values as float32; values that are `standard` already are only converted."""
        return x_blf.to(self.mean.dtype) if standard else self.standardise(x_blf)

    def standardise(self, x_blf: Tensor) -> Tensor:
        """Values of any float type → float32, clipped to [-8, 8]."""
        return (x_blf.to(self.mean.dtype) - self.mean).mul_(self.scale).clamp_(-8, 8)


def columns_in(head: nn.Module) -> Iterator[tuple[str, Standardizer]]:
    """The columns that a head reads, by name."""
    for name, module in head.named_modules():
        if isinstance(module, Standardizer):
            yield name.rsplit(".", 1)[-1], module


class LayerMix(Standardizer):
    """A weighted mean over the layers of a column: (B, L, F) → (B, F).

    The weights are a softmax over learned numbers (as in ELMo, arXiv 1802.05365, eq. 1). Middle
    layers of frozen encoders are better than the last one; the data decides which.
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
    """The layers of a column side by side: (B, L, F) → (B, L · F).

    They hold more than their mix, and are easier to overfit.
    """

    def __init__(self, layers: int, features: int) -> None:
        super().__init__(layers, features)
        self.features = layers * features

    def forward(self, x_blf: Tensor, standard: bool) -> Tensor:
        x_blf = self.read(x_blf, standard)
        return x_blf.flatten(1)


class ModalityProjection(nn.Module):
    """The columns of one modality, side by side → layer norm → linear projection to (B, D).

    Each column enters as its `mix`, or as all of its layers where `Column.all_layers` says so.
    """

    def __init__(self, columns: ColumnShapes, width: int, mix: type[LayerMix] = LayerMix) -> None:
        super().__init__()
        mixes = {
            name: (AllLayers if Column.from_name(name).all_layers else mix)(*shape)
            for name, shape in columns.items()
        }
        self.mixes = nn.ModuleDict(mixes)
        features = sum(column.features for column in mixes.values())
        self.normalise = nn.LayerNorm(features)
        self.project = nn.Linear(features, width)

    def forward(self, features: Features) -> Tensor:
        masks = features.dropout_masks
        mixed = [mix(features.values[name], features.standard) for name, mix in self.mixes.items()]
        x = drop(self.normalise(torch.cat(mixed, dim=1)), masks)
        return drop(functional.gelu(self.project(x)), masks)


class ModalityProjections(nn.Module):
    """The projections of both modalities: (B, M, D), 0 where a row lacks the modality."""

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.width = width
        utterance = select(shapes, lambda column: column.is_utterance)
        by_modality = {name: _columns_of(name, utterance) for name in MODALITIES}
        self.sides = nn.ModuleDict(
            {name: ModalityProjection(own, width) for name, own in by_modality.items() if own}
        )

    def forward(self, features: Features) -> Tensor:
        absent = features.present.new_zeros((len(features.present), self.width), dtype=torch.float)
        projections = [
            self.sides[name](features) if name in self.sides else absent for name in MODALITIES
        ]
        return torch.stack(projections, dim=1) * features.present[:, :, None]


def _columns_of(modality: str, shapes: ColumnShapes) -> ColumnShapes:
    return select(shapes, lambda column: column.modality == modality)


class MLP(nn.Module):
    """(B, inputs) → (B, outputs): two linear layers with GELU and dropout between them."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, width)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor, masks: DropoutMasks | None) -> Tensor:
        result: Tensor = self.out(drop(functional.gelu(self.hidden(x)), masks))
        return result


class UnimodalLogits(nn.Module):
    """The prediction of each modality alone: (B, M, D) → logits (B, M, NUM_BINS)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nets = nn.ModuleList(MLP(width, width, NUM_BINS) for _ in MODALITIES)

    def forward(self, projections: Tensor, masks: DropoutMasks | None) -> Tensor:
        logits = [net(projections[:, m], masks) for m, net in enumerate(self.nets)]
        return torch.stack(logits, dim=1)
