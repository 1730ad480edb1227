"""An attempt at a run, recorded beside the output as it goes on: its file, its log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from jobs.command.told import tell
from jobs.parts.run import Run
from jobs.parts.running_attempt import RunningAttempt, ended
from jobs.progress import PartProgress


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
    with ended(attempt.end):
        yield attempt.part_finished


class _Recorded:
    """An attempt to make parts that has begun."""

    def __init__(self, run: Run, missing: int, progress: PartProgress) -> None:
        self._run, self._missing, self._progress = run, missing, progress
        counts = {"parts": len(run.parts), "missing": missing}
        self._attempt = RunningAttempt(run.output, run.fingerprint, run.verb, self._facts, **counts)
        places = {"attempt": self._attempt.uri, "log": self._attempt.log_uri}
        tell(run.verb, run=run.fingerprint, **places)

    def part_finished(self, part: PartFacts) -> None:
        """Add a line about a part; show the progress, unless that was done just now."""
        self._attempt.line(
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
        self._attempt.go_on()

    def end(self, how: str) -> None:
        """Write how the attempt ended."""
        self._attempt.end(how)

    def _facts(self) -> Json:
        made = self._run.counted(self._progress.done, self._progress.counts)
        return {"of": self._missing} | made


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


def paid_audio_s(found: list[Json], there_s: float) -> float:
    """Seconds of audio that attempts were paid for: those that are there, `there_s`, and those of
    parts that were made and are gone since.
    """
    hours = [one for record in found if isinstance(one := record.get("audio_hours"), int | float)]
    made_s = 3600 * sum(hours)
    rounded_s = 3600 * 1e-4 * len(hours)
    return made_s if made_s > there_s + rounded_s else there_s


def cost_of_an_hour(price_per_hour: float | None, seconds: float, audio_s: float) -> float | None:
    """What an hour of speech cost; None without a price of the machines, or without speech."""
    if price_per_hour is None or not audio_s:
        return None
    return round(price_per_hour * seconds / audio_s, 6)
