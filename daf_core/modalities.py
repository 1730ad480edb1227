"""The modalities, and which embedding columns belong to them."""

from typing import TypeAlias, TypeVar

MODALITIES = ("text", "audio")
FRAMES = "_frames"
RELATIVE = "_relative"
T = TypeVar("T")

# Embedding column → (layers, features). A modality may have several: "audio", "audio_2" … and
# "audio_frames", which has steps of time in the place of layers; and "audio_relative", which is
# not stored but made of "audio" (voices.py).
Streams: TypeAlias = dict[str, tuple[int, int]]


def modality_number(column: str) -> int:
    """Which of MODALITIES an embedding column belongs to."""
    return MODALITIES.index(column.split("_")[0])


def columns_of(modality: str, streams: Streams) -> Streams:
    """The embedding columns of one modality."""
    return {
        name: shape
        for name, shape in streams.items()
        if MODALITIES[modality_number(name)] == modality
    }


def modalities_of(streams: Streams) -> list[str]:
    """The modalities that have a column."""
    return [name for name in MODALITIES if columns_of(name, streams)]


def pooled(columns: dict[str, T]) -> dict[str, T]:
    """The columns of whole utterances."""
    return {name: value for name, value in columns.items() if not name.endswith(FRAMES)}


def frames(columns: dict[str, T]) -> dict[str, T]:
    """The columns of steps over time."""
    return {name: value for name, value in columns.items() if name.endswith(FRAMES)}


def stored(columns: dict[str, T]) -> dict[str, T]:
    """The columns that embeddings hold."""
    return {name: value for name, value in columns.items() if not name.endswith(RELATIVE)}


def with_relative(streams: Streams) -> Streams:
    """Beside each column of whole voices the one that is relative to the usual voice."""
    heard = columns_of("audio", pooled(stored(streams)))
    return streams | {name + RELATIVE: shape for name, shape in heard.items()}
