"""Heads: embeddings of both modalities in, sentiment and modality weights out.

A head is one class in one small file: `Head(shapes, width)` with `forward(Features) -> Prediction`.
A head whose modality weights can be replaced, so that controls see what the weights do, has
`forward(Features, weights=None)`. A head with a loss of its own returns it as `extra_loss` while
training. To add a head, write the file and name it in HEADS.
"""

from collections.abc import Callable

import torch
from torch import nn

from daf_core.embeddings.columns import ColumnShapes
from daf_core.errors import SettingsError
from daf_core.heads.agfn import AgfnHead
from daf_core.heads.avad import AvadHead
from daf_core.heads.concat import ConcatHead
from daf_core.heads.daf import DafHead, DafLateHead
from daf_core.heads.daf_attention import DafAttentionHead
from daf_core.heads.drw import DrwHead
from daf_core.heads.ensemble import Ensemble
from daf_core.heads.gatedx import GatedxHead
from daf_core.heads.gmu import GmuHead
from daf_core.heads.late import LateHead
from daf_core.heads.lmf import LmfHead
from daf_core.heads.mods import ModsHead
from daf_core.heads.mult import MultHead
from daf_core.heads.parts import columns_in
from daf_core.heads.pool import PoolHead
from daf_core.heads.single import AudioHead, TextHead
from daf_core.heads.stacked import StackedHead
from daf_core.heads.static import StaticHead
from daf_core.heads.tfn import TfnHead

HEADS: dict[str, Callable[[ColumnShapes, int], nn.Module]] = {
    "daf": DafHead,
    "daf-late": DafLateHead,
    "daf-attention": DafAttentionHead,
    "text": TextHead,
    "audio": AudioHead,
    "concat": ConcatHead,
    "static": StaticHead,
    "late": LateHead,
    "stacked": StackedHead,
    "tfn": TfnHead,
    "lmf": LmfHead,
    "gmu": GmuHead,
    "agfn": AgfnHead,
    "avad": AvadHead,
    "gatedx": GatedxHead,
    "pool": PoolHead,
    "drw": DrwHead,
    "mult": MultHead,
    "mods": ModsHead,
}

# Kind → the kind that has the same parts, trained in the same way, and joins them in another.
SAME_PARTS = {"stacked": "daf"}


def build(kind: str, shapes: ColumnShapes, width: int, members: int = 1) -> nn.Module:
    """A head of this kind with random weights; of several members, an `Ensemble`.

    Raises:
        SettingsError: there is no such head, or the embeddings lack a modality that it needs.
    """
    if kind not in HEADS:
        raise SettingsError(f"no head is called {kind!r}: expected one of {', '.join(HEADS)}")
    try:
        heads = [HEADS[kind](shapes, width) for _ in range(members)]
    except SettingsError as err:
        raise SettingsError(f"head {kind}: {err}") from err
    return heads[0] if members == 1 else Ensemble(heads)


def columns_read(kind: str, shapes: ColumnShapes) -> ColumnShapes:
    """The part of `shapes` that a head of this kind reads.

    Raises:
        SettingsError: as `build`.
    """
    with torch.device("meta"):  # the head is built without memory for its weights
        read = dict(columns_in(build(kind, shapes, width=1)))
    return {column: shape for column, shape in shapes.items() if column in read}
