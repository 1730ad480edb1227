"""`daf ingest`: recordings and transcripts, or a table of utterances, into a manifest."""

import itertools
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import ray

from daf_core import index, runs, tables
from daf_core.errors import SettingsError
from daf_core.inspection import Inspected
from daf_core.manifest import ManifestWriter
from daf_core.sources import Source, open_source
from jobs.session import cluster_total, ray_session
from jobs.settings import IngestSettings

log = logging.getLogger(__name__)
RAY_START_S = 8.0
RECORDINGS_PER_TASK = 16
QUIET_INTERVAL_S = 30.0


def run(settings: IngestSettings) -> str:
    """Write the manifest; do nothing where it is there already. Gives the one-line summary.

    Raises:
        SettingsError: a setting or the source is unfit, or `out` holds something else.
    """
    started = time.monotonic()
    roles = parse_channels(settings.channels)
    source = open_source(settings.source, parse_renames(settings.rename), roles, settings.labels)
    output, identity = runs.manifest_output(settings.out), _identity(settings, source)
    runs.begin(output, identity, settings.fresh)
    finished = runs.record_if_complete(output)
    if finished is not None and finished["parts"] == len(tables.list_parts(output.parts_uri)):
        return f"nothing to do: {summary(finished)}"
    runs.clear_parts(output)
    source.gather()
    writer = ManifestWriter(output, settings.part_minutes * 60)
    writer.add([], source.rejected)
    for rows, rejected in _reported(_inspect(source)):
        writer.add(rows, rejected)
    facts = {**writer.close(), "seconds": round(time.monotonic() - started, 1)}
    index.write(output.index_uri, writer.index, facts["fingerprint"])
    runs.finish(output, identity, facts)
    return summary(facts)


def summary(finished: dict[str, Any]) -> str:
    """One line of what `_run.json` of a manifest says."""
    quarantined: dict[str, int] = finished["quarantined"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in quarantined.items())
    return (
        f"{finished['rows_in']} rows in, {finished['rows']} in the manifest, "
        f"{sum(quarantined.values())} quarantined{f' ({reasons})' if reasons else ''}, "
        f"{finished['parts']} parts, {finished['audio_hours']:.2f} audio hours, "
        f"{finished['seconds']} s"
    )


def parse_renames(renames: list[str]) -> dict[str, str]:
    """["theirs=ours", …] as a dict."""
    pairs = [text.partition("=")[::2] for text in renames]
    for text, (theirs, ours) in zip(renames, pairs, strict=True):
        if not theirs or not ours:
            raise SettingsError(f"--rename: expected THEIRS=OURS, got {text}")
    return dict(pairs)


def parse_channels(channels: str | None) -> dict[int, str]:
    """ "0=agent,1=customer" as a dict."""
    roles: dict[int, str] = {}
    for text in (channels or "").split(",") if channels else []:
        number, _, role = text.strip().partition("=")
        taken = {known.casefold() for known in roles.values()}
        if not (number.isdecimal() and role) or int(number) in roles or role.casefold() in taken:
            raise SettingsError(
                f"--channels: expected each channel and role once, as 0=agent,1=customer, "
                f"got {channels}"
            )
        roles[int(number)] = role
    return roles


def _identity(settings: IngestSettings, source: Source) -> dict[str, Any]:
    """What decides the manifest's contents."""
    return {
        "source": tables.absolute(settings.source),
        "source contents": source.fingerprint(),
        "part_minutes": settings.part_minutes,
        "rename": sorted(settings.rename),
        "channels": settings.channels,
        "labels": settings.labels and tables.absolute(settings.labels),
    }


def _inspect(source: Source) -> Iterator[Inspected]:
    """Inspect recordings in order: here at first; in Ray tasks once that is what takes long."""
    inspect = source.inspector()
    recordings = source.recordings()
    began, inspecting_s = time.monotonic(), 0.0
    for recording in recordings:
        before = time.monotonic()
        inspected = inspect(recording)
        now = time.monotonic()
        inspecting_s += now - before
        yield inspected
        if ray_pays(inspecting_s, now - began):
            break
    else:
        return
    with ray_session():
        yield from _inspect_in_tasks(recordings, source)


def ray_pays(inspecting_s: float, elapsed_s: float) -> bool:
    """Whether to hand the rest to Ray: this took longer than Ray's start, and is most of the work.

    It seldom is: reading a header takes about 0.2 ms on a local disk, seeking voices much longer.
    """
    return inspecting_s > max(RAY_START_S, elapsed_s / 2)


def _inspect_in_tasks(recordings: Iterator[Any], source: Source) -> Iterator[Inspected]:
    """In order, a bounded number of tasks at a time: memory does not grow with the archive."""
    inspect = source.inspector()
    inspect_chunk = ray.remote(lambda chunk: [inspect(recording) for recording in chunk])
    in_flight: deque[Any] = deque()
    for chunk in _chunks(recordings, RECORDINGS_PER_TASK):
        in_flight.append(inspect_chunk.remote(chunk))
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
