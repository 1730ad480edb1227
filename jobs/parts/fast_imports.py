"""Import torch and transformers at a lower cost.

`import daf_core.stages.embed`, the best of three on one warm core (28 November 2026): 7.1 s
plainly, 6.3 s with the garbage collector off, 5.9 s with SciPy and scikit-learn hidden as well.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# transformers imports these where they are installed, for losses and decoding that frozen encoders
# do not use.
UNNEEDED = ("scipy", "sklearn")


@contextmanager
def imports_without_gc() -> Iterator[None]:
    """Import with the garbage collector off, then freeze what was created: later collections skip
    these objects. Packages in UNNEEDED that are not loaded yet count as not installed meanwhile.
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
