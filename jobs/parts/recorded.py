"""An attempt at a run, recorded beside the output as it goes on: its file, its log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from daf_core.errors import NotDone
from daf_core.storage import attempts
from daf_core.storage.attempt_log import AttemptLog
from daf_core.storage.attempts import Attempt
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from jobs.command.told import tell
from jobs.parts.run import Run
from jobs.progress import PartProgress

PROGRESS_GAP_S = 15.0  # between two writings of the attempt's file


@contextmanager
def recorded(
    run: Run, missing: list[PartFacts], progress: PartProgress
) -> Iterator[Callable[[PartFacts], None]]:
    """Record the body as an attempt to make the `missing` parts; without any there is none. Gives
    the function to call with each part that is finished, once `progress` has counted it.
    """
    if not missing:
        yield lambda part: None
        return
    attempt = _Recorded(run, len(missing), progress)
    how = "done"
    try:
        yield attempt.part_finished
    except BaseException as err:
        how = type(err).__name__
        raise
    finally:
        attempt.end(how)


class _Recorded:
    """An attempt that has begun, and its log."""

    def __init__(self, run: Run, missing: int, progress: PartProgress) -> None:
        self._run, self._missing, self._progress = run, missing, progress
        self._start_s = self._written_s = time.monotonic()
        self._attempt: Attempt = attempts.begin(run.output)
        common = {"run": run.fingerprint, "attempt": self._attempt.name}
        self._log = AttemptLog(self._attempt.log_uri, common)
        begun = {name: self._attempt.record[name] for name in ("host", "versions")}
        self._log.write("begin", verb=run.verb, parts=len(run.parts), missing=missing, **begun)
        tell(run.verb, run=run.fingerprint, attempt=self._attempt.uri, log=self._attempt.log_uri)

    def part_finished(self, part: PartFacts) -> None:
        """Add a line about a part; show the progress, unless that was done just now."""
        self._log.write(
            "part",
            part=part.name,
            nodes=part.nodes,
            rows_in=part.rows_in,
            rows=part.rows,
            reasons=part.reasons,
            audio_s=round(part.audio_s, 3),
            done=self._progress.done,
            of=self._missing,
        )
        if time.monotonic() - self._written_s > PROGRESS_GAP_S:
            with suppress(NotDone):  # the parts themselves will say it
                self._attempt.go_on(self._facts())
            self._written_s = time.monotonic()

    def end(self, how: str) -> None:
        """Write how the attempt ended."""
        self._log.end(how=how, **self._facts())
        with suppress(NotDone):  # whatever keeps it from being written is said already
            self._attempt.end(how, self._facts())

    def _facts(self) -> Json:
        made = self._run.counted(self._progress.done, self._progress.counts)
        seconds = round(time.monotonic() - self._start_s, 1)
        return {"seconds": seconds, "of": self._missing} | made


def times(found: list[Json]) -> Json:
    """What the attempts at a run took together, and all that they say. Of killed ones the seconds
    are known up to when they last wrote how far they had come.
    """
    return {
        "started": min((record["started"] for record in found), default=None),
        "finished": max((record["ended"] for record in found if record["ended"]), default=None),
        "seconds": round(sum(record.get("seconds", 0.0) for record in found), 1),
        "attempts": found,
    }


def cost_of_an_hour(price_per_hour: float | None, seconds: float, audio_s: float) -> float | None:
    """What an hour of speech cost; None without a price of the machines, or without speech."""
    if price_per_hour is None or not audio_s:
        return None
    return round(price_per_hour * seconds / audio_s, 6)
