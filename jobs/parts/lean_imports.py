"""Import torch and Arrow so that they cost less time and memory."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

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
    keep_arrow_from_pandas()
    for name in KERNEL_CACHES:
        os.environ.setdefault(name, str(KERNELS))
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_arrow_from_pandas() -> None:
    """Let Arrow find no pandas in this process, whose tables become no frames.

    Arrow looks for pandas once, at the first array, and loads it: 0.2 to 0.4 s. Others find it.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(hidden)


class _Hidden(MetaPathFinder):
    """Finds no pandas, and lets none of the finders after it look."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)
