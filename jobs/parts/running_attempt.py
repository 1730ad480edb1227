"""An attempt at a run as it goes on: its file and its log beside the output, in step."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from daf_core.errors import NotDone
from daf_core.storage import attempts
from daf_core.storage.attempt_log import AttemptLog
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json

PROGRESS_GAP_S = 15.0  # between two writings of the attempt's file


class RunningAttempt:
    """Begins when it is made. run: the fingerprint of the run; verb: what is done to rows
    ("scored"); progress: says how far the attempt has come; begun: more for the log's first line.
    """

    def __init__(
        self, output: Output, run: str, verb: str, progress: Callable[[], Json], **begun: object
    ) -> None:
        self._progress = progress
        self._start_s = self._written_s = time.monotonic()
        self._attempt = attempts.begin(output)
        self.uri, self.log_uri = self._attempt.uri, self._attempt.log_uri
        self._log = AttemptLog(self.log_uri, {"run": run, "attempt": self._attempt.name})
        common = {name: self._attempt.record[name] for name in ("host", "versions")}
        self.line("begin", verb=verb, **begun, **common)

    def line(self, event: str, **facts: object) -> None:
        """Add a line to the log."""
        self._log.write(event, **facts)

    def go_on(self) -> bool:
        """Show the progress, unless that was done just now; returns whether it was due."""
        if time.monotonic() - self._written_s <= PROGRESS_GAP_S:
            return False
        with suppress(NotDone):  # the parts themselves will say it
            self._attempt.go_on(self.facts())
        self._written_s = time.monotonic()
        return True

    def end(self, how: str) -> None:
        """Write how the attempt ended."""
        self._log.end(how=how, **self.facts())
        with suppress(NotDone):  # whatever keeps it from being written is said already
            self._attempt.end(how, self.facts())

    def facts(self) -> Json:
        """How far the attempt has come, and in how many seconds."""
        return {"seconds": round(time.monotonic() - self._start_s, 1)} | self._progress()


@contextmanager
def ended(end: Callable[[str], None]) -> Iterator[None]:
    """Call `end` with how the body ended: "done", or the name of what it raised."""
    how = "done"
    try:
        yield
    except BaseException as err:
        how = type(err).__name__
        raise
    finally:
        end(how)
