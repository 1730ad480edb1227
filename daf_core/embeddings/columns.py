"""The modalities, and which embedding columns belong to them."""

from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

MODALITIES = ("text", "audio")
FRAMES = "_frames"
RELATIVE = "_relative"
OWN, OTHERS = "_own_before", "_others_before"
WIDE = "_wide"
BESIDE = (RELATIVE, OWN, OTHERS)  # made of other utterances, too
MADE = (*BESIDE, WIDE)
T = TypeVar("T")

HalfArray: TypeAlias = npt.NDArray[np.float16]

# Embedding column → (layers, features). A modality may have several: "audio", "audio_2" … and
# "audio_frames", which has steps of time in the place of layers. Not stored but made of a column
# are "audio_relative" (voices.py), "text_own_before" and "text_others_before" … (turns.py); a name
# with "_wide" is of the same values, whose layers a head reads side by side (heads/streams.py).
ColumnShapes: TypeAlias = dict[str, tuple[int, int]]


def modality_number(column: str) -> int:
    """Which of MODALITIES an embedding column belongs to."""
    return MODALITIES.index(column.split("_")[0])


def columns_of(modality: str, streams: ColumnShapes) -> ColumnShapes:
    """The embedding columns of one modality."""
    return {
        name: shape
        for name, shape in streams.items()
        if MODALITIES[modality_number(name)] == modality
    }


def modalities_of(streams: ColumnShapes) -> list[str]:
    """The modalities that have a column."""
    return [name for name in MODALITIES if columns_of(name, streams)]


def pooled(columns: dict[str, T]) -> dict[str, T]:
    """The columns of whole utterances."""
    return {
        name: value for name, value in columns.items() if not name.endswith((FRAMES, OWN, OTHERS))
    }


def turns(columns: dict[str, T]) -> dict[str, T]:
    """The columns of earlier utterances."""
    return {name: value for name, value in columns.items() if name.endswith((OWN, OTHERS))}


def frames(columns: dict[str, T]) -> dict[str, T]:
    """The columns of steps over time."""
    return {name: value for name, value in columns.items() if name.endswith(FRAMES)}


def stored(columns: dict[str, T]) -> dict[str, T]:
    """The columns that embeddings hold, of those that are made of them."""
    return {made_of(name): value for name, value in columns.items()}


def beside(columns: dict[str, T]) -> dict[str, T]:
    """The columns that are made of other utterances, too."""
    return {name: value for name, value in columns.items() if name.endswith(BESIDE)}


def with_wide(streams: ColumnShapes) -> ColumnShapes:
    """Each column of whole utterances with its layers side by side."""
    said = pooled(streams)
    return {name + WIDE * (name in said): shape for name, shape in streams.items()}


def with_relative(streams: ColumnShapes) -> ColumnShapes:
    """Beside each column of whole voices the one that is relative to the usual voice."""
    every = columns_of("audio", pooled(streams))
    heard = {name: shape for name, shape in every.items() if name not in beside(every)}
    return streams | {name + RELATIVE: shape for name, shape in heard.items()}


def with_turns(streams: ColumnShapes) -> ColumnShapes:
    """Beside each column of whole utterances those of the turns before."""
    said = pooled(stored(streams)).items()
    return streams | {name + whose: shape for name, shape in said for whose in (OWN, OTHERS)}


def made_of(column: str) -> str:
    """The stored column that a column is, or is made of."""
    for ending in MADE:
        column = column.removesuffix(ending)
    return column
