"""Which processes belong to a command: those with its mark in their environment, a Ray's too."""

import contextlib
from pathlib import Path

MARK = "DAF_BENCHMARK_MARK"


def marked(mark: str) -> list[int]:
    """Process ids of what runs with this value of MARK; ended ones that nobody waits for are left
    out, as they have no environment any more.
    """
    wanted, found = f"{MARK}={mark}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
