"""A folder with an encoder, as anybody may have written it: checked before any memory is taken.

transformers makes what config.json asks for before it looks at the weights. So sizes are compared
here with the numbers that the weight files hold, which cost nobody memory that is not there.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from daf_core.errors import SettingsError
from daf_core.storage.untrusted_file import MIB, check_within, parse_json, read_bounded
from daf_core.weights.files import link_place, weight_files

CONFIG = "config.json"
CONFIG_MIB, TOKENIZER_MIB, WEIGHTS_MIB = 4, 256, 64 * 1024
SPARE = 1 << 26  # numbers that a network may have beyond its files: parts that no layer needs
LAYERS_AT_MOST = 1000
_LAYERS = re.compile(r"(n|num|encoder|decoder)_\w*layers?")
_WIDTHS = ("hidden_size", "d_model", "dim", "n_embd", "embedding_size")
_INNER = ("intermediate_size", "hidden_dim", "encoder_ffn_dim", "d_ff")
# Integers that are no sizes: of tokens, of wave lengths, of moments in training.
_NO_SIZES = ("_id", "_ids", "theta", "seed", "_step", "_steps", "_tokens")
_SHARES_LAYERS = ("albert",)


def check_folder(folder: Path) -> None:
    """Check the files of an encoder: its weights, its config and its tokenizer.

    Raises:
        SettingsError: a file is larger than such files are, lies elsewhere, or is damaged; or the
            config asks for a network larger than its weights.
    """
    place, weights = link_place(folder), weight_files(folder)
    for file in sorted(folder.iterdir()):
        known = file.suffix in (".json", ".txt", ".model") and file not in weights
        if known and not file.is_dir():
            _check_file(file, place, CONFIG_MIB if file.name == CONFIG else TOKENIZER_MIB)
    numbers = sum(_numbers(file, place) for file in weights)
    config = read_bounded(str(folder / CONFIG), CONFIG_MIB, place)
    if config is None:
        raise SettingsError(
            f"encoder {folder}: expected a {CONFIG} of a model type that transformers knows, "
            f"found none"
        )
    uri = str(folder / CONFIG)
    _check_sizes(parse_json(config, uri), numbers, uri)


def _numbers(file: Path, place: Path) -> int:
    """How many numbers a safetensors file holds; its header must fit it."""
    _check_file(file, place, WEIGHTS_MIB)
    total = 0
    try:
        with safe_open(file, framework="np") as opened:
            for name in opened.keys():  # noqa: SIM118, it is no dict
                count = 1
                for size in opened.get_slice(name).get_shape():
                    count *= size
                total += count
    except (SafetensorError, OSError) as err:
        first = " ".join(str(err).split())[:200]
        raise SettingsError(f"{file}: expected a safetensors file: {first}") from err
    return total


def _check_file(file: Path, place: Path, most_mib: int) -> None:
    try:
        check_within(file, place)
        size = file.stat().st_size
    except FileNotFoundError as err:
        raise SettingsError(f"{file}: expected a file, found none") from err
    if size > most_mib * MIB:
        raise SettingsError(f"{file}: expected at most {most_mib} MiB, found {size // MIB} MiB")


_SHOWN_AT_MOST = 10**300  # of a size, as text


def _check_sizes(config: dict[str, Any], numbers: int, uri: str) -> None:
    """Refuse sizes whose network has more numbers than the weights hold."""
    sizes: dict[str, int] = {}
    for name, value in _integers(config):
        if not name.endswith(_NO_SIZES):
            sizes[name] = max(value, sizes.get(name, 0))
    width = max((sizes.get(name, 0) for name in _WIDTHS), default=0)
    layers = max([1, *(value for name, value in sizes.items() if _LAYERS.fullmatch(name))])
    inner = max([width, *(sizes.get(name, 0) for name in _INNER)])
    if layers > LAYERS_AT_MOST:
        raise SettingsError(f"{uri}: expected at most {LAYERS_AT_MOST} layers, found {layers}")
    blocks = 1 if config.get("model_type") in _SHARES_LAYERS else layers
    room = numbers + SPARE
    for name, value in sizes.items():
        if value * max(width, 1) > room:
            raise _larger(uri, f"{name} {min(value, _SHOWN_AT_MOST):.6g}", numbers)
    if blocks * width * inner > room:
        raise _larger(uri, f"{layers} layers of {width} and {inner}", numbers)


def _integers(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    """Every positive integer in a config, 1e9 too, with the name that it or its list has."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _integers(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _integers(one, name)
    elif isinstance(value, float):
        if value.is_integer():
            yield from _integers(int(value), name)
    elif isinstance(value, int) and value > 0 and not isinstance(value, bool):
        yield name, value


def _larger(uri: str, what: str, numbers: int) -> SettingsError:
    return SettingsError(
        f"{uri}: {what[:120]}: expected the sizes of its weights, which hold {numbers} "
        f"numbers; the file is damaged or belongs to other weights"
    )
