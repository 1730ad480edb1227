"""The tensors of an encoder, read from its safetensors files by name, as float32."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import safe_open

from daf_core.encoders.damaged import loading
from daf_core.errors import SettingsError
from daf_core.weights.files import weight_files

Shapes = Mapping[str, tuple[int, ...]]


def read_tensors(
    folder: Path,
    shapes: Shapes,
    prefixes: Collection[str],
    optional: Collection[str] = (),
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, torch.Tensor]:
    """The tensors named in `shapes`, without the prefix that the folder's files give all of them.

    prefixes: of which a file may have one before each name; optional: names that may be missing;
    renamed: how names of older files end → how they end in `shapes`.

    Raises:
        SettingsError: a tensor is missing, has another shape, or holds NaN or infinity.
    """
    found: dict[str, torch.Tensor] = {}
    for file in weight_files(folder):
        with loading(folder), safe_open(file, framework="pt") as opened:
            for stored in opened.keys():  # noqa: SIM118, it is no dict
                name = _today(_without(stored, prefixes), renamed)
                if name in shapes:
                    found[name] = opened.get_tensor(stored).float()
    missing = sorted(shapes.keys() - found.keys() - {*optional})
    if missing:
        raise SettingsError(
            f"encoder {folder}: expected weights for all of its layers, found that {len(missing)} "
            f"tensors are missing, such as {missing[0]}"
        )
    for name, tensor in found.items():
        if tuple(tensor.shape) != shapes[name]:
            raise SettingsError(
                f"encoder {folder}: {name}: expected {_shown(shapes[name])}, as config.json says, "
                f"found {_shown(tensor.shape)}"
            )
    check_finite(found, folder)
    return found


def _without(name: str, prefixes: Collection[str]) -> str:
    prefix = next((one for one in prefixes if name.startswith(one)), "")
    return name.removeprefix(prefix)


def _today(name: str, renamed: Mapping[str, str]) -> str:
    old = next((one for one in renamed if name.endswith(one)), None)
    return name if old is None else name.removesuffix(old) + renamed[old]


def _shown(shape: Collection[int]) -> str:
    return " × ".join(map(str, shape))


def check_finite(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Check that all weights are numbers.

    Raises:
        SettingsError: some are not.
    """
    for name, value in tensors.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise SettingsError(
                f"encoder {path}: expected finite weights, found NaN or infinity in {name}; take "
                f"the file from its source again"
            )
