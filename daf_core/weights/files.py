"""The files of an encoder's folder: which are read, and the SHA-256 of the weights."""

import hashlib
import re
from pathlib import Path

from daf_core.errors import SettingsError
from daf_core.storage.untrusted_file import parse_json, read_bounded

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
INDEX_MIB = 64
FILES = [
    WEIGHTS, INDEX, "model-*-of-*.safetensors", "config.json", "preprocessor_config.json",
    "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.model",
]  # fmt: skip

_SHARD = re.compile(r"[\w-][\w.-]{0,200}\.safetensors")


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
        SettingsError: there are none, or the index of shards is damaged.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        return [folder / shard for shard in _shards(folder / INDEX)]
    raise SettingsError(
        f"encoder {folder}: expected {WEIGHTS}, found none; only safetensors are read "
        f"(on the hub another revision may have them, often ID@refs/pr/1)"
    )


def _shards(index: Path) -> list[str]:
    """The names of the shards that an index names: files beside it, nothing else."""
    # A snapshot of the hub's cache holds links.
    data = read_bounded(str(index), INDEX_MIB, link_place(index.parent))
    shards = parse_json(data or b"", str(index)).get("weight_map")
    names = sorted({*map(str, shards.values())}) if isinstance(shards, dict) else []
    if not names or not all(_SHARD.fullmatch(name) for name in names):
        raise SettingsError(
            f"{index}: expected a weight_map that names files such as "
            f"model-00001-of-00002.safetensors beside it"
        )
    return names


def link_place(folder: Path) -> Path:
    """What the links of an encoder's folder may lead to: the folder; of a snapshot of the hub's
    cache, whose files are links, the cache of that encoder.
    """
    folder = folder.resolve()
    return folder.parent.parent if folder.parent.name == "snapshots" else folder


def file_sum(*pieces: Path) -> str:
    """SHA-256 of a file, or of the pieces of a file joined."""
    digest = hashlib.sha256()
    for piece in pieces:
        with open(piece, "rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
