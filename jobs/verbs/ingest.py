"""`daf ingest`: recordings and transcripts, or a table of utterances, into a manifest."""

import itertools
import logging
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from daf_core.decimals import number_of
from daf_core.errors import NotDone, SettingsError, check_bad_rows
from daf_core.manifest import metadata_options
from daf_core.manifest.update import update
from daf_core.manifest.updated import Updated
from daf_core.redaction.redact import VERSION as REDACTION
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.hashed_ids import HashedIds, HashedSource
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source
from daf_core.storage import files, run_record
from daf_core.storage.output import manifest_output
from daf_core.storage.run_record import Json
from jobs.progress import LinePace
from jobs.ray_address import named_address
from jobs.reading.inspecting import Inspector, inspect_apart, inspected_apart
from jobs.reading.readers import readers
from jobs.settings import IngestSettings
from jobs.summary import check_strict
from jobs.verbs.ingest_attempt import recorded
from jobs.verbs.ingest_summary import few_messages, summary, tell_of

if TYPE_CHECKING:
    from daf_core.speakers.search import SpeakerSearch

log = logging.getLogger(__name__)
RAY_START_S = 20.0  # Ray, its processes and their imports take about this long
RECORDINGS_PER_TASK = 16


def run(settings: IngestSettings) -> str:
    """Bring the manifest up to date with the source; returns the one-line summary.

    Raises:
        SettingsError: a setting does not fit the source, or `out` holds another run.
        NotDone: another ingest took over, or parts of the manifest are missing.
        TooManyBad: more rows are quarantined than `max_error_rate` allows, or all are.
    """
    done, line = bring_up_to_date(settings)
    check_rows(done, settings.max_error_rate, line)
    if settings.strict:
        check_strict(done.quarantined, done.flags, line, done.not_used, done.remarks.unmatched)
    return line


def check_rows(done: Updated, most: float, line: str) -> None:
    """Raise TooManyBad if a larger share of the rows than `most` is quarantined, or all are."""
    rows = done.rows + sum(done.quarantined.values())
    again = "run the command again; with other settings also with another `out`, or `fresh`"
    check_bad_rows(done.quarantined, rows, most, line, again)


def bring_up_to_date(
    settings: IngestSettings,
    without: Sequence[str] = (),
    read_again: Collection[str] = (),
    *,
    may_start_ray: bool = True,
) -> tuple[Updated, str]:
    """Bring the manifest up to date with the source; returns what is done, and the summary.

    `without`: files and folders that are not of the source, beside the manifest. `read_again`:
    parts whose recordings are read though they have not changed. `may_start_ray`: whether Ray may
    inspect recordings. `strict` is left to the caller. Raises as `run`.
    """
    readers().start("daf_core.sources.folders.recording_group")
    options = _folder_options(settings, [settings.out, *without])
    opened = open_source(
        settings.source,
        settings.rename,
        options,
        settings.check_contents,
        settings.redact,
        settings.allow_root,
        readers(),
    )
    hashed = hashed_ids(settings.hash_ids)
    source = opened if hashed is None else HashedSource(opened, hashed)
    output = manifest_output(settings.out)
    known = metadata_options.of_identity(output, settings.fresh)
    identity = _identity(settings, options, hashed) | known
    run_record.begin(output, identity, settings.fresh)
    metadata_options.keep(output, {"meta": options.meta, "meta_regex": options.meta_regex})
    inspector = source.inspector()

    per_task = RECORDINGS_PER_TASK if options.who.speakers is None else 1
    part_s = None if settings.part_minutes is None else settings.part_minutes * 60
    with recorded(output, run_record.fingerprint(identity)) as attempt:

        def inspect(recordings: Iterator[Any]) -> Iterator[Inspected]:
            found = _inspect(recordings, inspector, per_task, may_start_ray)
            return attempt.counted(_with_progress(found))

        done = update(
            output, identity, source, part_s, inspect, settings.retry, read_again, settings.prune
        )
    tell_of(done, output)
    line = summary(done, output.quarantine_uri) + few_messages(done, output)
    return done, f"nothing to do: {line}" if done.nothing_to_do else line


def _folder_options(settings: IngestSettings, without: Sequence[str]) -> FolderOptions:
    channels = {int(number): role for number, role in settings.channels.items()}
    return FolderOptions(
        who=WhoSpeaks(channels, settings.roles, _speaker_search(settings.speakers)),
        labels=settings.labels,
        meta=settings.meta and files.absolute(settings.meta),
        meta_regex=settings.meta_regex,
        transcripts=settings.transcripts,
        raw=settings.raw,
        without=tuple(map(files.absolute, without)),
    )


def hashed_ids(salt: str | None) -> HashedIds | None:
    """How names are hashed: with the salt, or with the one in @FILE; None: they are not.

    Raises:
        SettingsError: the salt is short, or there is no such file.
    """
    if salt is None:
        return None
    if salt.startswith("@"):
        try:
            salt = files.read_bytes(salt[1:]).decode().strip()
        except (SettingsError, OSError, ValueError) as err:
            raise SettingsError(f"`hash_ids` {salt}: expected a file with the salt: {err}") from err
    return HashedIds(salt)


def _speaker_search(speakers: str | None) -> "SpeakerSearch | None":
    """How speakers are estimated; None: they are not."""
    if speakers is None:
        return None
    from daf_core.speakers.search import SpeakerSearch  # loads torch

    return SpeakerSearch.with_count(None if speakers == "auto" else int(speakers))


def _identity(settings: IngestSettings, options: FolderOptions, hashed: HashedIds | None) -> Json:
    """The settings that decide a manifest's bytes; the files of the source may change."""
    channels = ",".join(f"{number}={role}" for number, role in settings.channels.items())
    search = options.who.speakers
    return {
        "source": files.absolute(settings.source),
        "part_minutes": settings.part_minutes,
        "rename": sorted(f"{theirs}={ours}" for theirs, ours in settings.rename.items()),
        "channels": channels or None,
        "labels": settings.labels and files.absolute(settings.labels),
        "roles": dict(settings.roles),
        "raw": settings.raw,
        "transcripts": settings.transcripts and files.absolute(settings.transcripts),
        "check_contents": settings.check_contents,
        **({} if search is None else {"speakers": [settings.speakers, search.spec.sha256]}),
        **({"redact": REDACTION} if settings.redact else {}),
        **({} if hashed is None else {"hash_ids": hashed.check}),
    }


def _inspect(
    recordings: Iterator[Any], inspector: Inspector, per_task: int, may_start_ray: bool
) -> Iterator[Inspected]:
    """Inspect recordings in order: beside this process at first, in Ray tasks if that pays."""
    began, inspecting_s = time.monotonic(), 0.0
    for chunk in _chunks(recordings, per_task):
        inspected = inspect_apart(chunk, inspector)
        while True:
            before = time.monotonic()
            one = next(inspected, None)
            inspecting_s += time.monotonic() - before
            if one is None:
                break
            yield one
        if may_start_ray and ray_pays(inspecting_s, time.monotonic() - began):
            break
    left = [*itertools.islice(recordings, 1)]
    if not left:
        return
    from jobs.ray_session import ray_session  # importing Ray takes seconds

    recordings = itertools.chain(left, recordings)
    with ExitStack() as stack:
        try:
            stack.enter_context(ray_session())
        except NotDone:
            if named_address() is not None:  # a cluster was asked for
                raise
            log.warning("ingest: Ray did not start; goes on in this process, which takes longer")
            yield from _inspect(recordings, inspector, per_task, may_start_ray=False)
            return
        yield from _inspect_in_tasks(recordings, inspector, per_task)


def ray_pays(inspecting_s: float, elapsed_s: float) -> bool:
    """Whether to give the remaining recordings to Ray.

    It pays once inspecting has taken longer than starting Ray and is most of the elapsed time. That
    is rare with transcripts, as reading a header takes about 0.2 ms on a local disk; voice activity
    detection takes much longer.
    """
    return inspecting_s > max(RAY_START_S, elapsed_s / 2)


def _inspect_in_tasks(
    recordings: Iterator[Any], inspector: Inspector, per_task: int
) -> Iterator[Inspected]:
    """Inspect in Ray tasks, in order; the number in flight is bounded, and with it memory."""
    import ray

    from jobs.ray_session import cluster_total

    task = ray.remote(inspected_apart)
    in_flight: deque[Any] = deque()
    for chunk in _chunks(recordings, per_task):
        in_flight.append(task.remote(chunk, inspector))
        if len(in_flight) > 4 * cluster_total("CPU"):
            yield from ray.get(in_flight.popleft())
    while in_flight:
        yield from ray.get(in_flight.popleft())


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _with_progress(results: Iterator[Inspected]) -> Iterator[Inspected]:
    pace, rows = LinePace(), 0
    for recordings, result in enumerate(results, start=1):
        rows += len(result.rows)
        if pace.due():
            log.info(
                "ingest: %s, %s so far", number_of(recordings, "recording"), number_of(rows, "row")
            )
        yield result
