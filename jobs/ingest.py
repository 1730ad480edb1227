"""`daf ingest`: recordings and transcripts, or a table of utterances, into a manifest."""

import itertools
import logging
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ray

from daf_core.errors import SettingsError
from daf_core.inspection import Inspected
from daf_core.manifest import ManifestWriter, finished_run, run_record, start_over
from daf_core.sources import Source, absolute, open_source
from jobs.session import ray_session
from jobs.settings import IngestSettings

log = logging.getLogger(__name__)
RAY_START_S = 8.0
RECORDINGS_PER_TASK = 16
TASKS_PER_WINDOW = 1_024  # recordings are handed to Ray in windows: memory does not grow with them
QUIET_INTERVAL_S = 30.0


def run(settings: IngestSettings) -> str:
    """Write the manifest; do nothing where it is there already. Gives the one-line summary.

    Raises:
        SettingsError: a setting or the source is unfit, or `out` holds something else.
    """
    started = time.monotonic()
    roles = parse_channels(settings.channels)
    source = open_source(settings.source, parse_renames(settings.rename), roles, settings.labels)
    record = run_record(_deciding(settings), source.fingerprint())
    if not settings.fresh:
        finished = finished_run(settings.out, record)
        if finished is not None:
            return f"nothing to do: {summary(finished)}"
    start_over(settings.out, record)
    source.gather()
    writer = ManifestWriter(settings.out, settings.part_minutes * 60)
    writer.add([], source.rejected)
    for rows, rejected in _reported(_inspect(source)):
        writer.add(rows, rejected)
    seconds = round(time.monotonic() - started, 1)
    return summary(writer.close({**record, "seconds": seconds}))


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


def _deciding(settings: IngestSettings) -> dict[str, Any]:
    """The settings that decide the manifest's contents."""
    return {
        "source": absolute(settings.source),
        "part_minutes": settings.part_minutes,
        "rename": sorted(settings.rename),
        "channels": settings.channels,
        "labels": settings.labels and absolute(settings.labels),
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
        tasks = _chunks(recordings, RECORDINGS_PER_TASK)
        for window in _chunks(tasks, TASKS_PER_WINDOW):
            yield from _inspect_window(window, inspect)


def ray_pays(inspecting_s: float, elapsed_s: float) -> bool:
    """Whether to hand the rest to Ray: this took longer than Ray's start, and is most of the work.

    It seldom is: reading a header takes about 0.2 ms on a local disk, seeking voices much longer.
    """
    return inspecting_s > max(RAY_START_S, elapsed_s / 2)


def _inspect_window(
    window: list[list[Any]], inspect: Callable[[Any], Inspected]
) -> Iterator[Inspected]:
    def inspect_chunk(task: dict[str, bytes]) -> dict[str, bytes]:
        return {"done": pickle.dumps([inspect(item) for item in pickle.loads(task["recordings"])])}

    tasks = [{"recordings": pickle.dumps(chunk)} for chunk in window]
    # One block a task: the default packs small rows into few blocks and leaves workers idle.
    data = ray.data.from_items(tasks, override_num_blocks=len(tasks)).map(inspect_chunk)
    data.context.execution_options.preserve_order = True
    for result in data.iter_rows():
        yield from pickle.loads(result["done"])


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
