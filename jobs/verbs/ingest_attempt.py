"""An attempt at an ingest, recorded beside the manifest as it goes on: its file, its log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from daf_core.errors import NotDone
from daf_core.sources.inspection import Inspected
from daf_core.storage import attempts
from daf_core.storage.attempt_log import AttemptLog
from daf_core.storage.attempts import Attempt
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json

PROGRESS_GAP_S = 15.0  # between two lines, and two writings of the attempt's file


class IngestAttempt:
    """Counts what is inspected. The attempt begins with the first recording: where nothing is new
    there is none.
    """

    def __init__(self, output: Output, run: str) -> None:
        self._output, self._run = output, run
        self._attempt: Attempt | None = None
        self._start_s = self._written_s = time.monotonic()
        self._recordings = self._rows = self._quarantined = 0

    def counted(self, results: Iterator[Inspected]) -> Iterator[Inspected]:
        """The results as they are."""
        for result in results:
            if self._attempt is None:
                self._begin()
            self._recordings += 1
            self._rows += len(result.rows)
            self._quarantined += len(result.quarantined)
            self._go_on()
            yield result

    def end(self, how: str) -> None:
        """Write how the attempt ended, if there is one."""
        if self._attempt is not None:
            self._log.end(how=how, **self._facts())
            with suppress(NotDone):  # whatever keeps it from being written is said already
                self._attempt.end(how, self._facts())

    def _begin(self) -> None:
        self._attempt = attempts.begin(self._output)
        common = {"run": self._run, "attempt": self._attempt.name}
        self._log = AttemptLog(self._attempt.log_uri, common)
        begun = {name: self._attempt.record[name] for name in ("host", "versions")}
        self._log.write("begin", verb="ingested", **begun)

    def _go_on(self) -> None:
        if self._attempt is None or time.monotonic() - self._written_s < PROGRESS_GAP_S:
            return
        self._log.write("progress", **self._facts())
        with suppress(NotDone):  # the parts themselves will say it
            self._attempt.go_on(self._facts())
        self._written_s = time.monotonic()

    def _facts(self) -> Json:
        return {
            "seconds": round(time.monotonic() - self._start_s, 1),
            "recordings": self._recordings,
            "rows": self._rows,
            "quarantined": self._quarantined,
        }


@contextmanager
def recorded(output: Output, run: str) -> Iterator[IngestAttempt]:
    """Record the body as an attempt at the run with this fingerprint."""
    attempt, how = IngestAttempt(output, run), "done"
    try:
        yield attempt
    except BaseException as err:
        how = type(err).__name__
        raise
    finally:
        attempt.end(how)
