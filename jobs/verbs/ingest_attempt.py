"""An attempt at an ingest, recorded beside the manifest as it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from daf_core.sources.inspection import Inspected
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json
from jobs.parts.running_attempt import RunningAttempt, ended


class IngestAttempt:
    """Counts what is inspected. The attempt begins with the first recording: where nothing is new
    there is none.
    """

    def __init__(self, output: Output, run: str) -> None:
        self._output, self._run = output, run
        self._attempt: RunningAttempt | None = None
        self._recordings = self._rows = self._quarantined = 0

    def counted(self, results: Iterator[Inspected]) -> Iterator[Inspected]:
        """The results as they are."""
        for result in results:
            if self._attempt is None:
                self._attempt = RunningAttempt(self._output, self._run, "ingested", self._facts)
            self._recordings += 1
            self._rows += len(result.rows)
            self._quarantined += len(result.quarantined)
            if self._attempt.go_on():
                self._attempt.line("progress", **self._attempt.facts())
            yield result

    def end(self, how: str) -> None:
        """Write how the attempt ended, if there is one."""
        if self._attempt is not None:
            self._attempt.end(how)

    def _facts(self) -> Json:
        return {
            "recordings": self._recordings,
            "rows": self._rows,
            "quarantined": self._quarantined,
        }


@contextmanager
def recorded(output: Output, run: str) -> Iterator[IngestAttempt]:
    """Record the body as an attempt at the run with this fingerprint."""
    attempt = IngestAttempt(output, run)
    with ended(attempt.end):
        yield attempt
