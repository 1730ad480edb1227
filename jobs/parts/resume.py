"""Run the parts that are missing, then mark the run complete: what embed and score share."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

from daf_core.errors import NotDone
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from jobs.progress import Counts, PartProgress, counted, summary
from jobs.settings import PartsRun

Make = Callable[[list[PartFacts]], Iterator[PartFacts]]
INDEX_INTERVAL_S = 300.0
ROWS_FOR_A_RATE = 1000  # before so many rows, a rate of errors says little


def run_missing_parts(
    verb: str,
    asked: list[PartFacts],
    output: Output,
    identity: dict[str, Any],
    facts: dict[str, Any],
    settings: PartsRun,
    make: Make,
) -> str:
    """Make the parts of `asked` that `output` lacks; returns the summary line.

    `make` is called with the missing parts, if any, and yields the facts of each finished one.
    Parts that are no longer asked for are deleted; those made of other rows are made again.

    Raises:
        NotDone: more rows are quarantined than --max-error-rate allows, or parts are missing.
    """
    started, start_s = _now(), time.monotonic()
    there = run_record.begin(output, identity, settings.fresh)
    fingerprint = run_record.fingerprint(identity)
    known = finished_parts(output, asked, there, fingerprint)
    _delete(output, there - {part.part for part in asked})
    missing = [part for part in asked if part.part not in known]
    missing.sort(key=lambda part: -part.audio_s)  # so that none ends long after the others
    before, limit = Counts.of(known.values()), ErrorRate(settings.max_error_rate)
    indexed_s = start_s
    with PartProgress(verb, len(missing)) as progress:
        limit.check(before)
        for part in make(missing) if missing else ():
            known[part.part] = part
            progress.add(part)
            limit.check(before + progress.counts)
            if time.monotonic() - indexed_s > INDEX_INTERVAL_S:
                part_index.write(output.index_uri, known.values(), fingerprint)
                indexed_s = time.monotonic()
    total, seconds = before + progress.counts, time.monotonic() - start_s
    limit.check(total, whole=True)
    if len(known) < len(asked):
        raise NotDone(f"{len(known)} of {len(asked)} parts are made; run the command again")
    if missing or run_record.record_if_complete(output) is None:
        part_index.write(output.index_uri, known.values(), fingerprint)
        run_record.finish(
            output,
            identity,
            facts
            | {
                "started": started,
                "finished": _now(),
                "seconds": round(seconds, 1),
                "parts": len(asked),
                "rows_in": total.rows_in,
                verb: total.rows_out,
                "quarantined": total.quarantined,
                "reasons": dict(sorted(total.reasons.items())),
                "audio_hours": round(total.audio_s / 3600, 4),
            },
        )
    earlier = len(asked) - len(missing)
    return summary(verb, total, progress.counts, seconds, earlier, output.quarantine_uri)


def finished_parts(
    output: Output, asked: list[PartFacts], there: set[str], fingerprint: str
) -> dict[str, PartFacts]:
    """Parts of `asked` that are `there`, made by this run from the same rows.

    The index says so of most; footers of parts made since the index was written.
    """
    indexed = part_index.read(output.index_uri, fingerprint)
    contents = {part.part: part.contents for part in asked if part.part in there}
    known = {name: indexed[name] for name in contents.keys() & indexed.keys()}
    known = {name: facts for name, facts in known.items() if facts.contents == contents[name]}

    def from_footer(name: str) -> PartFacts | None:
        _, footer = parquet.read_footer(files.join(output.parts_uri, name), output.kind)
        facts = part_index.facts_in(footer)
        ours = footer.get("daf.fingerprint") == fingerprint
        return facts if ours and facts and facts.contents == contents[name] else None

    with ThreadPoolExecutor(32) as pool:
        found = pool.map(from_footer, contents.keys() - known.keys())
        return known | {facts.part: facts for facts in found if facts is not None}


class ErrorRate:
    """Stops a run that is going wrong: more rows quarantined than `--max-error-rate` allows."""

    def __init__(self, most: float) -> None:
        self.most = most

    def check(self, counts: Counts, whole: bool = False) -> None:
        """Raises NotDone with the reasons; under 1,000 rows only of the `whole` run."""
        enough = whole or counts.rows_in >= ROWS_FOR_A_RATE
        if enough and counts.quarantined > self.most * counts.rows_in:
            raise NotDone(
                f"{counts.quarantined} of {counts.rows_in} rows are quarantined, over "
                f"--max-error-rate {self.most}: {counted(counts.reasons)}; mend the cause or allow "
                f"more, and run the command again to go on"
            )


def _delete(output: Output, names: set[str]) -> None:
    """Delete parts and then their quarantine."""
    for name in sorted(names):
        for folder in (output.parts_uri, output.quarantine_uri):
            files.delete(files.join(folder, name))


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
