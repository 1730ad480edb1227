"""Make the parts that are missing, then mark the run complete: for embed, score and stress."""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from daf_core.decimals import how_many_of, number_of
from daf_core.errors import NotDone, TooManyBad, check_bad_rows
from daf_core.storage import attempts, part_index, places, run_record
from daf_core.storage.carried_metadata import bring_metadata
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from jobs.command.told import tell
from jobs.parts import metrics
from jobs.parts.recorded import cost_of_an_hour, paid_audio_s, recorded, times
from jobs.parts.run import Run
from jobs.progress import Counts, PartProgress, counted
from jobs.settings import PartsRun
from jobs.summary import check_strict, speed, summary

log = logging.getLogger(__name__)

INDEX_INTERVAL_S = 300.0
ROWS_FOR_A_RATE = 1000  # of fewer rows, the share that is quarantined says little


def run_missing_parts(
    run: Run, settings: PartsRun, make: Callable[[list[PartFacts]], Iterator[PartFacts]]
) -> str:
    """Make the parts of `run` that its output lacks; returns the summary line.

    `make` is called with the missing parts, if there are any, and yields the facts of each as it is
    finished. Parts that the run does not name are deleted; parts made of other rows, or with rows
    quarantined or flagged for a reason in `settings.retry`, are made again.

    Raises:
        TooManyBad: more rows are quarantined than `max_error_rate` allows, or all are.
        NotDone: parts are missing; with `strict`, once all is made, any row is quarantined or has
            less than it came with.
    """
    start_s, output = time.monotonic(), run.output
    there = run_record.begin(output, run.identity, settings.fresh)
    finished = finished_parts(run, there)
    for name in sorted(there - {part.name for part in run.parts}):
        output.delete(name)
    finished = with_metadata(run, take_out(output, finished, settings.retry))
    missing = [part for part in run.parts if part.name not in finished]
    missing.sort(key=lambda part: -part.audio_s)  # the longest first: none ends long after others
    if missing:
        _say_what_came_before(run, settings.other_versions)
    before, limit = Counts.from_parts(finished.values()), ErrorRate(settings.max_error_rate)
    indexed_s = start_s
    progress = PartProgress(run.verb, len(missing))
    with progress, recorded(run, missing, progress) as note:
        limit.check(before)
        for part in make(missing) if missing else ():
            finished[part.name] = part
            progress.add(part)
            note(part)
            metrics.part_finished(run.verb, part)
            limit.check(before + progress.counts)
            if time.monotonic() - indexed_s > INDEX_INTERVAL_S:
                part_index.write(output.index_uri, finished.values(), run.fingerprint)
                indexed_s = time.monotonic()
    total, seconds = before + progress.counts, time.monotonic() - start_s
    if len(finished) < len(run.parts):
        made = how_many_of(len(finished), len(run.parts), "part", "is made", "are made")
        raise NotDone(f"{made}; run the command again")
    record = run_record.read_if_complete(output)
    if missing or record is None or _counts_differ(record.facts, run.totals(total)):
        part_index.write(output.index_uri, finished.values(), run.fingerprint)
        tried = attempts.read_all(output)
        facts = run.facts | run.totals(total) | times(tried)
        paid_s = paid_audio_s(tried, total.audio_s)
        cost = cost_of_an_hour(settings.price_per_hour, facts["seconds"], paid_s)
        facts |= {} if cost is None else {"cost_per_audio_hour": cost}
        run_record.finish(output, run.identity, places.with_ways(output.root, facts))
    elif (now := places.renewed(output, record, run.facts)) != record:  # either was moved
        run_record.write(output, now)
    earlier = len(run.parts) - len(missing)
    line = summary(run.verb, total, progress.counts, seconds, earlier, output.quarantine_uri)
    cost = cost_of_an_hour(settings.price_per_hour, seconds, progress.counts.audio_s)
    if cost is not None:
        line += f", {cost:.4g} per hour of speech{' in this attempt' * bool(earlier)}"
    figures = speed(progress.counts, seconds) | {"cost_per_audio_hour": cost}
    tell(run.verb, out=output.root, **run.totals(total), parts_before=earlier, **figures)
    again = f"run the command again with `retry` {','.join(sorted(total.reasons))}"
    check_bad_rows(total.reasons, total.rows_in, settings.max_error_rate, line, again)
    if settings.strict:
        check_strict(total.reasons, total.flags, line)
    return line


def _say_what_came_before(run: Run, other_versions: bool) -> None:
    """Tell of an attempt that may still be at work, and of versions that have changed."""
    before = attempts.read_all(run.output)
    if others := attempts.check_versions(run.output, before, other_versions):
        log.info("%s: continues a run whose last attempt had %s", run.verb, "; ".join(others))
    if (other := attempts.maybe_at_work(before)) is not None:
        log.info(
            "%s: an attempt that began at %s on %s has not ended; if it still runs, both do the "
            "same work",
            *(run.output.root, other["started"], other.get("host")),
        )


def _counts_differ(facts: Json, now: Json) -> bool:
    """Whether a record counts other parts or rows than there are now, as after parts have gone."""
    return any(facts.get(name) != value for name, value in now.items())


def finished_parts(run: Run, there: Collection[str]) -> dict[str, PartFacts]:
    """Name → facts of the parts of `run` that are `there`, made by this run from the same rows.

    The index says so of most, footers of the parts made since the index was written.
    """
    indexed = part_index.read(run.output.index_uri, run.fingerprint)
    rows = {part.name: part.rows_fingerprint for part in run.parts if part.name in there}
    finished = {
        name: facts
        for name, facts in indexed.items()
        if name in rows and facts.rows_fingerprint == rows[name]
    }

    def from_footer(name: str) -> PartFacts | None:
        footer = run.output.footer(name)
        facts = PartFacts.from_footer(footer)
        ours = footer.get("daf.fingerprint") == run.fingerprint
        return facts if ours and facts and facts.rows_fingerprint == rows[name] else None

    with ThreadPoolExecutor(part_index.READERS) as pool:
        found = pool.map(from_footer, rows.keys() - finished.keys())
        return finished | {facts.name: facts for facts in found if facts is not None}


def take_out(
    output: Output, finished: dict[str, PartFacts], reasons: Collection[str]
) -> dict[str, PartFacts]:
    """Delete the finished parts with rows quarantined for one of `reasons`, or flagged with it as
    they were scored all the same; returns the others.

    Safe to interrupt: the run is marked as not complete first, so that it is continued, and the
    index goes before the parts, so that it never counts a part that was made again.
    """
    retried = [
        name
        for name, facts in finished.items()
        if (facts.reasons.keys() | facts.flags.keys()) & set(reasons)
    ]
    if retried:
        run_record.reopen(output)
    elif reasons:
        log.info("retry: no part holds rows quarantined or flagged for %s", ", ".join(reasons))
    for name in sorted(retried):
        output.delete(name)
    return {name: facts for name, facts in finished.items() if name not in set(retried)}


def with_metadata(run: Run, finished: dict[str, PartFacts]) -> dict[str, PartFacts]:
    """Bring the metadata of finished parts up to date, which needs no encoder; returns the parts
    that are finished then. A part of which it cannot be told is deleted.
    """
    now = {part.name: part.metadata for part in run.parts}
    source = run.made_from
    stale = [one for name, one in finished.items() if now[name] not in ("", one.metadata)]
    if source is None or not stale:
        return finished
    run_record.reopen(run.output)
    log.info("%s: metadata has changed in %s", run.verb, number_of(len(stale), "part"))

    def bring(part: PartFacts) -> PartFacts | None:
        return bring_metadata(run.output, source, part, now[part.name])

    left = dict(finished)
    with ThreadPoolExecutor(part_index.READERS) as pool:
        for part, brought in zip(stale, pool.map(bring, stale), strict=True):
            if brought is None:
                run.output.delete(part.name)
                del left[part.name]
            else:
                left[part.name] = brought
    return left


class ErrorRate:
    """Stops a run in which a larger share of the rows is quarantined than is allowed."""

    def __init__(self, most: float) -> None:
        self.most = most

    def check(self, counts: Counts) -> None:
        """Raises TooManyBad with the reasons, from 1,000 rows on."""
        enough = counts.rows_in >= ROWS_FOR_A_RATE
        if enough and counts.quarantined > self.most * counts.rows_in:
            raise TooManyBad(
                f"{how_many_of(counts.quarantined, counts.rows_in, 'row', 'is', 'are')} "
                f"quarantined, more than `max_error_rate` {self.most} allows: "
                f"{counted(counts.reasons)}; mend the cause or allow more, and run the command "
                f"again to continue"
            )
