"""Bounds of memory and time for a block of code, and files that are holes."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = 900 << 20  # bytes that an attack may add
SECONDS = 20.0  # of this process
HOLE = 1 << 40  # bytes


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Memory and time of the body are bounded."""
    before, started = _peak(), time.process_time()
    yield
    assert time.process_time() - started < seconds
    assert _peak() - before < MEMORY


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def hollow(path: Path, start: bytes, size: int = HOLE) -> Path:
    """A file that begins with some bytes, and whose rest is a hole."""
    path.write_bytes(start)
    os.truncate(path, size)
    return path
