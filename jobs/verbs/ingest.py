"""`daf ingest`: recordings and transcripts, or a table of utterances, into a manifest."""

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ray

from daf_core.manifest.update import grow
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source
from daf_core.storage import files, run_record
from daf_core.storage.output import manifest_output
from jobs.progress import quarantined
from jobs.ray_session import cluster_total, ray_session
from jobs.settings import IngestSettings

log = logging.getLogger(__name__)
RAY_START_S = 8.0
RECORDINGS_PER_TASK = 16
RECORDINGS_AT_ONCE = 8
WORTH_A_THREAD_S = 0.005
QUIET_INTERVAL_S = 30.0

Inspector = Callable[[Any], Inspected]


def run(settings: IngestSettings) -> str:
    """Make the manifest hold what the source does; returns the one-line summary.

    Raises:
        SettingsError: a setting or the source is unfit, or `out` holds something else.
        NotDone: another ingest took over, or parts of the manifest are missing.
    """
    source = open_source(
        settings.source,
        settings.rename,
        settings.roles,
        settings.labels,
        settings.check_contents,
    )
    output, identity = manifest_output(settings.out), _identity(settings)
    run_record.begin(output, identity, settings.fresh)
    inspector = source.inspector()

    def inspect(recordings: Iterator[Any]) -> Iterator[Inspected]:
        return _reported(_inspect(recordings, inspector))

    part_s = None if settings.part_minutes is None else settings.part_minutes * 60
    facts, nothing_to_do = grow(output, identity, source, part_s, inspect)
    done = summary(facts, output.quarantine_uri)
    return f"nothing to do: {done}" if nothing_to_do else done


def summary(finished: dict[str, Any], quarantine: str) -> str:
    """One line of what `_run.json` of a manifest says, whose quarantined rows are in a folder."""
    recordings: dict[str, int] = finished["recordings"]
    how = ", ".join(f"{count} {kind}" for kind, count in recordings.items() if count)
    return (
        f"{finished['rows_in']} rows in, {finished['rows']} in the manifest, "
        f"{quarantined(finished['quarantined'], quarantine)}, "
        f"{finished['parts']} parts, {finished['audio_hours']:.2f} audio hours, "
        f"{sum(recordings.values())} recordings{f' ({how})' if how else ''}, "
        f"{finished['seconds']} s"
    )


def _identity(settings: IngestSettings) -> dict[str, Any]:
    """What decides how the source is made into a manifest; the source itself may grow."""
    channels = ",".join(f"{number}={role}" for number, role in settings.channels.items())
    return {
        "source": files.absolute(settings.source),
        "part_minutes": settings.part_minutes,
        "rename": sorted(f"{theirs}={ours}" for theirs, ours in settings.rename.items()),
        "channels": channels or None,
        "labels": settings.labels and files.absolute(settings.labels),
        "check_contents": settings.check_contents,
    }


def _inspect(recordings: Iterator[Any], inspector: Inspector) -> Iterator[Inspected]:
    """Inspect recordings in order: here at first; in Ray tasks once that is what takes long."""
    began, inspecting_s = time.monotonic(), 0.0
    for chunk in _chunks(recordings, RECORDINGS_PER_TASK):
        before = time.monotonic()
        inspected = inspect_chunk(chunk, inspector)
        now = time.monotonic()
        inspecting_s += now - before
        yield from inspected
        if ray_pays(inspecting_s, now - began):
            break
    else:
        return
    with ray_session():
        yield from _inspect_in_tasks(recordings, inspector)


def inspect_chunk(chunk: list[Any], inspector: Inspector) -> list[Inspected]:
    """Inspect recordings; side by side where one takes long, most of it waiting for a store."""
    before = time.monotonic()
    first = inspector(chunk[0])
    if time.monotonic() - before < WORTH_A_THREAD_S:
        return [first, *map(inspector, chunk[1:])]
    with ThreadPoolExecutor(RECORDINGS_AT_ONCE) as pool:
        return [first, *pool.map(inspector, chunk[1:])]


def ray_pays(inspecting_s: float, elapsed_s: float) -> bool:
    """Whether to hand the rest to Ray: this took longer than Ray's start, and is most of the work.

    It seldom is: reading a header takes about 0.2 ms on a local disk, seeking voices much longer.
    """
    return inspecting_s > max(RAY_START_S, elapsed_s / 2)


def _inspect_in_tasks(recordings: Iterator[Any], inspector: Inspector) -> Iterator[Inspected]:
    """In order, a bounded number of tasks at a time: memory does not grow with the archive."""
    task = ray.remote(inspect_chunk)
    in_flight: deque[Any] = deque()
    for chunk in _chunks(recordings, RECORDINGS_PER_TASK):
        in_flight.append(task.remote(chunk, inspector))
        if len(in_flight) > 4 * cluster_total("CPU"):
            yield from ray.get(in_flight.popleft())
    while in_flight:
        yield from ray.get(in_flight.popleft())


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _reported(results: Iterator[Inspected]) -> Iterator[Inspected]:
    last = time.monotonic()
    rows = 0
    for recordings, result in enumerate(results, start=1):
        rows += len(result[0])
        if time.monotonic() - last >= QUIET_INTERVAL_S:
            last = time.monotonic()
            log.info("ingest: recordings=%d rows=%d", recordings, rows)
        yield result
