"""The modalities, and which embedding columns belong to them."""

from typing import TypeAlias

MODALITIES = ("text", "audio")

# Embedding column → (layers, features). A modality may have several: "audio", "audio_2" …
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
