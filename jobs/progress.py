"""Progress and summaries: a live line on a terminal; elsewhere a line after 5 seconds, and then
ever more seldom, up to every 30 seconds.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from jobs.command.terminal import one_line

if TYPE_CHECKING:
    from daf_core.storage.part_index import PartFacts

log = logging.getLogger(__name__)
FIRST_LINE_S, LONGEST_GAP_S = 5.0, 30.0  # where there is no terminal


class LinePace:
    """When a line of progress is due where there is no terminal."""

    def __init__(self) -> None:
        self.gap_s = FIRST_LINE_S
        self.next_s = time.monotonic() + self.gap_s

    def due(self) -> bool:
        """Whether a line is due now; if so, the next one is due after twice the time."""
        now = time.monotonic()
        if now < self.next_s:
            return False
        self.gap_s = min(2 * self.gap_s, LONGEST_GAP_S)
        self.next_s = now + self.gap_s
        return True


@dataclass(frozen=True)
class Counts:
    """Counts of rows, summed over parts. reasons: quarantined rows by reason; flags: the other
    rows by flag.
    """

    rows_in: int = 0
    rows_out: int = 0
    audio_s: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)

    @classmethod
    def from_parts(cls, parts: "Iterable[PartFacts]") -> "Counts":
        """The counts of finished parts."""
        counts = (
            cls(p.rows_in, p.rows, p.audio_s, Counter(p.reasons), Counter(p.flags)) for p in parts
        )
        return sum(counts, cls())

    @property
    def quarantined(self) -> int:
        """Number of quarantined rows."""
        return self.reasons.total()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class PartProgress:
    """Shows parts as they finish: `with PartProgress(verb, parts) as progress: progress.add(part)`.

    `counts` sums the parts that were added.
    """

    def __init__(self, verb: str, parts: int) -> None:
        self.verb, self.parts = verb, parts
        self.done, self.counts = 0, Counts()
        self.started = self.first_done = time.monotonic()
        self.pace = LinePace()
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.live = Progress(
            *columns,
            TextColumn("parts  {task.fields[text]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.live.add_task(verb, total=parts, text="")

    def __enter__(self) -> "PartProgress":
        self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()

    def add(self, part: "PartFacts") -> None:
        """Count one more finished part."""
        self.done += 1
        self.counts += Counts.from_parts([part])
        if self.done == 1:
            self.first_done = time.monotonic()
        self.live.update(self.task, completed=self.done, text=self.line())
        if self.live.disable and self.pace.due():
            log.info("%s: %d of %d parts, %s", self.verb, self.done, self.parts, self.line())

    def line(self) -> str:
        """Hours of speech or rows so far, their rate, and the time left.

        The time left is estimated without the start, which ends with the first part.
        """
        seconds = time.monotonic() - self.started
        since_first_s = time.monotonic() - self.first_done
        left_s = since_first_s / max(self.done - 1, 1) * (self.parts - self.done)
        hours = self.counts.audio_s / 3600
        so_far = (
            f"{hours:.2f} hours of speech, {rate(hours / seconds * 3600)} × real time"
            if hours
            else f"{self.counts.rows_in:,} rows, {rate(self.counts.rows_in / seconds)} per second"
        )
        return f"{so_far}, {left_s:.0f} s left" if self.done > 1 else so_far


@contextmanager
def progress_of(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` are done; gives the function to call with how many more are."""
    console, started, pace = Console(stderr=True), time.monotonic(), LinePace()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as live:
        task = live.add_task(what, total=total)
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            live.advance(task, more)
            if live.disable and pace.due():
                left_s = (time.monotonic() - started) / done * (total - done)
                log.info("%s: %d of %d, %.0f s left", what, done, total, left_s)

        yield advance


@contextmanager
def working_on(what: str) -> Iterator[None]:
    """Show a spinner on a terminal, and a line elsewhere, for work whose progress is not known."""
    console = Console(stderr=True)
    if not console.is_terminal:
        log.info("%s …", what)
    with console.status(escape(one_line(what))):
        yield


def rate(value: float) -> str:
    """A rate with three digits, or more before the point: 0.125, 3.25, 1,250."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def quarantined(reasons: Mapping[str, int], folder: str) -> str:
    """How many rows are quarantined, why, and in which folder they are."""
    if not reasons:
        return "0 quarantined"
    return f"{sum(reasons.values()):,} quarantined ({counted(reasons)}; in {folder})"


def counted(reasons: Mapping[str, int]) -> str:
    """Each reason with its number of rows, the most frequent first."""
    return ", ".join(f"{reason} {count:,}" for reason, count in Counter(reasons).most_common())
