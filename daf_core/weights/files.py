"""The files of an encoder's folder: which are read, and the SHA-256 of the weights."""

import hashlib
import json
from pathlib import Path

from daf_core.errors import SettingsError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
FILES = [
    WEIGHTS, INDEX, "model-*-of-*.safetensors", "config.json", "preprocessor_config.json",
    "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.model",
]  # fmt: skip


def weights_sum(place: tuple[Path, ...]) -> str:
    """SHA-256 of the weights at a place that `specs.locate` gives.

    For weights in several shards: the SHA-256 of the list of the shards' sums.

    Raises:
        SettingsError: the folder holds no safetensors.
    """
    if place[0].is_file():
        return file_sum(*place)
    sums = [file_sum(file) for file in weight_files(place[0])]
    return sums[0] if len(sums) == 1 else hashlib.sha256("\n".join(sums).encode()).hexdigest()


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files with the weights in `folder`, in a fixed order.

    Raises:
        SettingsError: there are none.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        shards = json.loads((folder / INDEX).read_text())["weight_map"].values()
        return [folder / shard for shard in sorted(set(shards))]
    raise SettingsError(
        f"encoder {folder}: expected {WEIGHTS}, found none; only safetensors are read "
        f"(on the hub another revision may have them, often ID@refs/pr/1)"
    )


def file_sum(*pieces: Path) -> str:
    """SHA-256 of a file, or of the pieces of a file joined."""
    digest = hashlib.sha256()
    for piece in pieces:
        with open(piece, "rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
