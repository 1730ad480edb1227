"""Imports of torch and transformers that cost what they must."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Whatever transformers finds it imports, here for losses and decoding that frozen encoders have
# not: with what these import in turn, two of six seconds.
UNNEEDED = ("scipy", "sklearn")


@contextmanager
def lasting() -> Iterator[None]:
    """Make objects that stay to the end, unseen by the garbage collector: a sixth less time for
    torch and transformers, and collections while they are in use do not go through them again.

    Meanwhile UNNEEDED packages that are not loaded yet count as not installed.
    """
    hidden = [name for name in UNNEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        for name in hidden:
            del sys.modules[name]
