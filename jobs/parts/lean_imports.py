"""Import torch so that it costs less time and memory."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

KERNEL_CACHES = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")
KERNELS = 64  # more than one batch needs


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import with the garbage collector off, then freeze what was created: later collections skip
    these objects.

    torch keeps up to 1,024 kernels in each of two caches, one for each shape of a batch. There are
    nearly as many shapes as batches, so that 100 batches take 250 MB, and no batch is faster. The
    caches are made smaller, unless the environment sets their size.
    """
    for name in KERNEL_CACHES:
        os.environ.setdefault(name, str(KERNELS))
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
