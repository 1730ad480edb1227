"""Run the parts that are missing, then mark the run complete: what embed and score share."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

from daf_core import runs, tables
from daf_core.runs import Output
from jobs.flow import COUNTS_FOOTER
from jobs.progress import Counts, PartProgress, summary

Make = Callable[[list[str]], Iterator[Counts]]


def run_missing_parts(
    verb: str,
    names: list[str],
    output: Output,
    identity: dict[str, Any],
    facts: dict[str, Any],
    fresh: bool,
    make: Make,
) -> str:
    """Make the parts of `names` that `output` lacks; returns the summary line.

    `make` is called with the missing names, if any, and yields the counts of each finished part.
    """
    started, start_s = _now(), time.monotonic()
    done = runs.begin(output, identity, fresh)
    missing = [name for name in names if name not in done]
    before = _counts_of(output, sorted(done))
    with PartProgress(verb, len(missing)) as progress:
        for counts in make(missing) if missing else ():
            progress.add(counts)
    seconds = time.monotonic() - start_s
    total = before + progress.counts
    facts = facts | {
        "started": started,
        "finished": _now(),
        "seconds": round(seconds, 1),
        "parts": len(names),
        "rows_in": total.rows_in,
        verb: total.rows_out,
        "quarantined": total.quarantined,
        "audio_hours": round(total.audio_s / 3600, 4),
    }
    if missing or runs.record_if_complete(output) is None:
        runs.finish(output, identity, facts)
    return summary(verb, total, progress.counts, seconds, earlier=len(done))


def _counts_of(output: Output, names: list[str]) -> Counts:
    """Counts of finished parts, from their footers."""

    def one(name: str) -> Counts:
        rows, footer = tables.read_footer(tables.join(output.parts_uri, name), output.kind)
        rows_in, quarantined, audio_s = json.loads(footer[COUNTS_FOOTER])
        return Counts(rows_in, rows, quarantined, audio_s)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(one, names), Counts())


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
