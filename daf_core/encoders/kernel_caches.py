"""Bound what torch keeps of the kernels that oneDNN makes for each shape of a batch.

By default each of two caches holds up to 1,024 kernels, and batches of utterances have as many
shapes: 250 MB a process after 100 batches, of which no batch is faster (docs/results.md, Speed).
"""

import os

KERNELS = 64  # more than one batch needs
CACHES = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")  # read at the first kernel


def bound_kernel_caches() -> None:
    """Set the size of both caches, unless the environment does."""
    for name in CACHES:
        os.environ.setdefault(name, str(KERNELS))
