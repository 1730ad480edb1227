"""Libraries that load an encoder raise whatever they like on damaged files; we say one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from daf_core.errors import NotDone, SettingsError


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """Turn what the body raises into one line that names the encoder.

    Raises:
        SettingsError: the encoder under `path` cannot be loaded.
    """
    try:
        yield
    except (SettingsError, NotDone, MemoryError):
        raise
    except BaseException as err:
        # A panic of a library in Rust, tokenizers, is no Exception.
        if not isinstance(err, Exception) and type(err).__name__ != "PanicException":
            raise
        first = " ".join(str(err).split())[:300]
        raise SettingsError(
            f"encoder {path}: cannot be loaded ({type(err).__name__}: {first}); its files are "
            f"damaged, or of a model that this transformers does not know"
        ) from err


def check_finite(model: Any, path: Path, optional: tuple[str, ...]) -> None:
    """Check that all weights of a model are numbers, but those that are `optional` by their name.

    Raises:
        SettingsError: some are not.
    """
    for name, value in model.state_dict().items():
        if name.startswith(optional) or not value.is_floating_point():
            continue
        if not torch.isfinite(value).all():
            raise SettingsError(
                f"encoder {path}: expected finite weights, found NaN or infinity in {name}; take "
                f"the file from its source again"
            )
