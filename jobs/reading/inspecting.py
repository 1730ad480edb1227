"""Recordings of a source are inspected apart: a file that ends its reader costs itself alone."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from daf_core.sources.inspection import Inspected, Lost
from daf_core.storage.apart import Ended, each
from jobs.reading.readers import readers

RECORDINGS_AT_ONCE = 8
WORTH_A_THREAD_S = 0.005  # inspecting a recording takes longer than this if its storage is slow

Inspector: TypeAlias = Callable[[Any], Inspected]


def inspect_apart(chunk: list[Any], inspector: Inspector) -> Iterator[Inspected]:
    """Inspect recordings in order; one that ends the process that reads it is quarantined."""
    found = each(readers(), inspect_chunk, chunk, inspector)
    for held, one in zip(chunk, found, strict=True):
        yield inspector(Lost(held, one)) if isinstance(one, Ended) else one


def inspected_apart(chunk: list[Any], inspector: Inspector) -> list[Inspected]:
    """As `inspect_apart`, all of them."""
    return [*inspect_apart(chunk, inspector)]


def inspect_chunk(chunk: list[Any], inspector: Inspector) -> Iterator[Inspected]:
    """Inspect recordings: in threads if two take long, as most of that is waiting for storage.

    One alone may have waited for a busy processor, where threads only cost time.
    """
    for number, recording in enumerate(chunk[:2], start=1):
        before = time.monotonic()
        found = inspector(recording)
        took_s = time.monotonic() - before
        yield found
        if took_s < WORTH_A_THREAD_S:
            yield from map(inspector, chunk[number:])
            return
    with ThreadPoolExecutor(RECORDINGS_AT_ONCE) as pool:
        yield from pool.map(inspector, chunk[2:])
