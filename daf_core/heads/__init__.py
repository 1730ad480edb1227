"""Heads: embeddings of both modalities in, sentiment and modality weights out.

A head is a small file with one class: `Head(streams, width)` → `forward(Features) -> Prediction`.
One whose weights can be told, to see what they do, has `forward(Features, weights=None)`; one with
a loss of its own gives it with what it predicts while training.
To add one, write the file and name it in HEADS.
"""

from collections.abc import Callable

import torch
from torch import nn

from daf_core.embeddings.columns import ColumnShapes
from daf_core.errors import SettingsError
from daf_core.heads.agfn import AgfnHead
from daf_core.heads.avad import AvadHead
from daf_core.heads.concat import ConcatHead
from daf_core.heads.daf import DafHead
from daf_core.heads.drw import DrwHead
from daf_core.heads.gatedx import GatedxHead
from daf_core.heads.gmu import GmuHead
from daf_core.heads.late import LateHead
from daf_core.heads.lmf import LmfHead
from daf_core.heads.mods import ModsHead
from daf_core.heads.mult import MultHead
from daf_core.heads.parts import columns_in
from daf_core.heads.pool import PoolHead
from daf_core.heads.single import AudioHead, TextHead
from daf_core.heads.static import StaticHead
from daf_core.heads.tfn import TfnHead

HEADS: dict[str, Callable[[ColumnShapes, int], nn.Module]] = {
    "daf": DafHead,
    "text": TextHead,
    "audio": AudioHead,
    "concat": ConcatHead,
    "static": StaticHead,
    "late": LateHead,
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


def build(kind: str, streams: ColumnShapes, width: int) -> nn.Module:
    """A head of `kind` with random weights.

    Raises:
        SettingsError: there is no such head, or the embeddings lack a modality it needs.
    """
    if kind not in HEADS:
        raise SettingsError(f"no head is called {kind!r}: expected one of {', '.join(HEADS)}")
    try:
        return HEADS[kind](streams, width)
    except SettingsError as err:
        raise SettingsError(f"head {kind}: {err}") from err


def columns_read(kind: str, streams: ColumnShapes) -> ColumnShapes:
    """Those of `streams` that a head of `kind` reads; it is built without values to see.

    Raises:
        SettingsError: as `build`.
    """
    with torch.device("meta"):
        read = dict(columns_in(build(kind, streams, width=1)))
    return {column: shape for column, shape in streams.items() if column in read}
