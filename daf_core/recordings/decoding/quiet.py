"""Keep what a C library writes to standard error off the terminal."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STANDARD_ERROR = 2
_lock = threading.Lock()
_inside = 0  # threads in the body
_shown = -1  # a copy of standard error, while any is


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what this process writes to standard error, in the body of this or another thread.

    So the body must be short, and hold nothing that others want to read.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _shown
    with _lock:
        if _inside == 0:
            try:
                _shown = os.dup(STANDARD_ERROR)
            except OSError:  # closed: nothing is shown anyway
                _shown = -1
            else:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, STANDARD_ERROR)
                os.close(nowhere)
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0 and _shown >= 0:
            os.dup2(_shown, STANDARD_ERROR)
            os.close(_shown)
