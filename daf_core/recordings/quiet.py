"""Libraries in C that write to standard error whatever they are told."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_lock = threading.Lock()
_inside = 0
_own = -1


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Nothing is written to standard error meanwhile, by any thread.

    libmpg123 complains, under libsndfile, of each place in an MP3 that is decoded from there on,
    whose first frame borrows bits of one that it has not seen.
    """
    global _inside, _own
    with _lock:
        if not _inside:
            with suppress(OSError):  # a process without standard error
                _own = os.dup(2)
                _replaced_by(os.open(os.devnull, os.O_WRONLY))
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _own >= 0:
                _replaced_by(_own)
                _own = -1


def _replaced_by(other: int) -> None:
    os.dup2(other, 2)
    os.close(other)
