"""Libraries that load an encoder, or read texts with its tokenizer, raise whatever they like on
damaged files; we say one line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daf_core.errors import NotDone, SettingsError

SAMPLE = ["a b", ""]  # texts that any tokenizer takes


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
            f"encoder {path}: cannot be used ({type(err).__name__}: {first}); its files are "
            f"damaged, or of a model that this transformers does not know"
        ) from err
