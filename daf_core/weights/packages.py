"""Find encoder weights inside installed Python packages, for machines that reach no model hub.

Some encoders are also published on the Python package index, which many closed networks mirror
while they block model hubs. `known.PackagedWeights` says which packages those are.
"""

import importlib.util
from pathlib import Path

from daf_core.weights.known import packaged_weights
from daf_core.weights.unpacking import unpacked

PACKAGED = "packaged"  # stands where weights of the hub have a revision


def packaged(name: str) -> tuple[Path, ...]:
    """Where installed packages hold the weights of `name`; empty if any of them is missing.

    Gives one folder for transformers, or the pieces of one CTranslate2 file in order. A zip is
    unpacked the first time. No package is imported.

    Raises:
        SettingsError: the zip is damaged.
        OSError: there is no room to unpack it.
    """
    weights = packaged_weights(name)
    if weights is None:
        return ()
    found = tuple(path for package, inner in weights.pieces if (path := _inside(package, inner)))
    if len(found) < len(weights.pieces):
        return ()
    return (unpacked(found, weights.zip_sha256),) if weights.zip_sha256 else found


def _inside(package: str, inner: str) -> Path | None:
    """Path of a file or folder within an installed package, None if either is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inner
    return path if path.exists() else None
