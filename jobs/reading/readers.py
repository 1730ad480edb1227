"""Processes that read files that others made, and that can be ended.

A process is started by the first file and then kept: a file costs it a request and an answer, about
a tenth of a millisecond, and reading goes on beside the work of the process that asks. A process
for each file would cost a second each; a thread cannot be ended; a timer in the process that asks
would end the work on all other files with it.
"""

import os
import pickle
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from daf_core.errors import NotDone, SettingsError
from daf_core.storage.apart import Ended
from jobs.command.stopping import deaf_to_interrupts
from jobs.reading.child import FAILED, MORE, READY

T = TypeVar("T")
SECONDS = 3_600.0  # of a processor: far above a day of sound, in which voices are told apart
CLIP_SECONDS = 20.0
SETTING = "DAF_FILE_SECONDS"  # another number of seconds
_FROM_OUTSIDE = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
_START = (
    "import sys; sys.path[:] = sys.argv[3:]; from jobs.reading.child import serve; "
    "serve(int(sys.argv[1]), sys.argv[2].split())"
)


class Readers:
    """Reads in processes of its own, one for each call at a time; see `daf_core.storage.apart`.

    seconds: of a processor that may pass until the next result. idle: processes that wait for a
    file, shared with other readers.
    """

    def __init__(self, seconds: float, idle: "list[_Reader] | None" = None) -> None:
        self.seconds = seconds
        self._idle: list[_Reader] = [] if idle is None else idle

    def within(self, seconds: float) -> "Readers":
        """Readers with the same processes, that may take this many seconds at most."""
        return Readers(min(seconds, self.seconds), self._idle)

    def start(self, *modules: str) -> None:
        """Begin to start a process, which loads `modules` meanwhile."""
        if not self._idle:
            self._idle.append(_Reader(modules))

    def __call__(self, read: Callable[..., Iterable[T]], *given: Any) -> Iterator[T]:
        """What `read(*given)` gives. Raises as `Reads`."""
        try:
            reader = self._idle.pop()
        except IndexError:  # asked for by an exception, as threads share the list
            reader = _Reader()
        try:
            yield from reader.results(self.seconds, pickle.dumps((read, given)))
        finally:
            if reader.is_idle:
                self._idle.append(reader)
            else:  # it is ended, or nobody wants the rest of what it reads
                reader.stop()


class _Reader:
    """A process that reads."""

    def __init__(self, modules: Iterable[str] = ()) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [str(theirs.fileno()), " ".join(modules), *filter(None, sys.path)]
            with deaf_to_interrupts():  # the parent decides when to end
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _START, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
        self._pipe: Connection[Any, Any] = Connection(ours.detach())
        self._is_ready = False
        self.is_idle = True

    def results(self, seconds: float, request: bytes) -> Iterator[Any]:
        """What the reader of the request gives, one after the other."""
        self.is_idle = False
        try:
            self._pipe.send((seconds, request))
            kind, value = self._pipe.recv()
            if kind == READY:
                self._is_ready = True
                kind, value = self._pipe.recv()
            while kind == MORE:
                yield value
                kind, value = self._pipe.recv()
        except (EOFError, ConnectionError) as err:
            raise self._why_it_ended(seconds) from err
        self.is_idle = True
        if kind == FAILED:
            raise value

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _why_it_ended(self, seconds: float) -> Exception:
        status = self._process.wait()
        if not self._is_ready or status in _FROM_OUTSIDE:
            return NotDone(
                f"the process that reads files ended with status {status}; run the command again"
            )
        if status in (-signal.SIGPROF, -signal.SIGALRM):
            return Ended(
                "too_slow",
                f"expected a file that can be read within {seconds:g} seconds of processor time, "
                f"found one that takes its reader longer; {SETTING} sets another number",
            )
        return Ended(
            "poison",
            f"expected a file that can be read, found one that ends its reader (status {status})",
        )


@cache
def readers() -> Readers:
    """The readers of this process.

    Raises:
        SettingsError: the environment asks for a time that is none.
    """
    given = os.environ.get(SETTING)
    if given is None:
        return Readers(SECONDS)
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", given) or not float(given):
        raise SettingsError(f"{SETTING} {given!r:.40}: expected seconds, such as {SECONDS:.0f}")
    return Readers(float(given))


def clip_readers() -> Readers:
    """Readers of single utterances, for which somebody waits."""
    return readers().within(CLIP_SECONDS)
