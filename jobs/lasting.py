"""Imports of large packages without the garbage collector, which finds nothing there."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Make objects that stay to the end, unseen by the collector: a sixth less time for torch and
    transformers, and collections while they are in use do not go through them again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
