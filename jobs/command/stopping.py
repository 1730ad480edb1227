"""A command ends when it is asked to: by Ctrl-C, by SIGTERM, by its deadline, within seconds.

The signal becomes an exception in the main thread, so that what is open is closed. Code of a
library may keep the main thread from noticing, or wait for ever while it closes; a thread of its
own, which the signal wakes whatever the main thread does, then ends the process.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from jobs.command import told
from jobs.command.terminal import complain

STANDARD_ERROR = 2  # its file descriptor
GRACE_S = 20.0  # to close what is open
AGAIN = "run the same command again to continue"
_ENDS = {
    signal.SIGINT: ("interrupted", 130),
    signal.SIGTERM: ("stopped by SIGTERM", 143),
    signal.SIGALRM: ("the deadline is over", 1),
}


class Stopped(BaseException):
    """SIGTERM arrived, or the deadline is over. Ctrl-C is a KeyboardInterrupt, as everywhere."""


@dataclass
class Stop:
    """Which signal asked the command to end; None: none has. shown: a copy of standard error, which
    the command may be holding back; kills: what ends the processes that are not closed when the
    command is stopped.
    """

    number: int | None = None
    shown: int | None = None
    kills: list[Callable[[], None]] = field(default_factory=list)

    def exit(self) -> NoReturn:
        """End the process, as `end`. Where there are `kills`, without what Python does at its exit:
        the libraries of those processes would close them then.
        """
        at_once = bool(self.kills)
        status = self.end()
        if at_once:
            os._exit(status)
        sys.exit(status)

    def end(self) -> int:
        """Say why the command ends, and kill its workers, which nobody waits for; returns the exit
        status.
        """
        why, status = _ENDS[signal.Signals(self.number or signal.SIGINT)]
        if self.shown is not None:
            os.dup2(self.shown, STANDARD_ERROR)
        complain(f"daf: {why}; {AGAIN}")
        told.end(status, error=told.Error("Stopped", f"{why}; {AGAIN}"))
        for worker in multiprocessing.active_children():
            worker.kill()
        for kill in self.kills:
            kill()
        return status


_now: Stop | None = None  # that of the command that runs


@contextmanager
def killed_when_stopped(kill: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Call `kill` where a signal ends the command in the body. Gives a function that says whether
    one has: then the body shall close nothing that `kill` ends. Outside a command it never has.
    """
    stop = _now or Stop()
    stop.kills.append(kill)
    try:
        yield lambda: stop.number is not None
    finally:
        if stop.number is None:
            stop.kills.remove(kill)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Run the body so that signals end it; `Stop` says whether one has arrived."""
    global _now
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    _now = stop
    read, write = os.pipe()
    os.set_blocking(write, False)
    stop.shown = os.dup(STANDARD_ERROR)
    threading.Thread(target=_watch, args=(read, stop), daemon=True).start()
    waked = signal.set_wakeup_fd(write, warn_on_full_buffer=False)

    def ends(number: int, _frame: FrameType | None) -> None:
        stop.number = number
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Stopped(_ENDS[signal.Signals(number)][0])

    # SIGINT may be ignored, as it is under nohup.
    heard = [one for one in _ENDS if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, ends) for number in heard}
    try:
        yield stop
    finally:
        _now = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(waked)
        os.close(write)
        os.close(stop.shown)
        stop.shown = None


def set_deadline(minutes: float | None) -> None:
    """Stop the body of `stoppable` after so many minutes; None: never."""
    if minutes is not None and threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 60 * minutes)


class Ending:
    """What signals do while no `stoppable` listens: before a command begins, and after it is done.

    status: of the command, once it is done. A signal that comes then changes it no more, until the
    process is gone: Python gives up its handlers some time before, while libraries still close.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        atexit.register(_deaf)
        for number in _heard():
            signal.signal(number, self._ends)

    def _ends(self, number: int, _frame: FrameType | None) -> None:
        os._exit(Stop(number).end() if self.status is None else self.status)


def _deaf() -> None:
    """Ignore signals, which holds for the rest of the process, as handlers of Python do not."""
    for number in _heard():
        signal.signal(number, signal.SIG_IGN)


def _heard() -> list[signal.Signals]:
    """Those that are not ignored, as SIGINT is under nohup."""
    ends = (signal.SIGINT, signal.SIGTERM)
    return [number for number in ends if signal.getsignal(number) != signal.SIG_IGN]


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started in the body do not hear Ctrl-C, which a terminal sends to all
    processes of a command: who started them ends them. One that arrives meanwhile is heard after
    the body.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Undo what the body, a call of a library, does to the handlers of signals. The library's own
    handlers exit without a message: where they have done so, the handler of before is called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDS}
    try:
        yield
    except SystemExit as err:
        number = signal.SIGTERM if err.code == signal.SIGTERM else signal.SIGINT
        handler = before[number]
        if callable(handler):
            handler(number, None)
        raise
    finally:
        for one, handler in before.items():
            if handler is not None:  # None: not installed from Python
                signal.signal(one, handler)


def _watch(read: int, stop: Stop) -> None:
    """Wait for a signal that ends the command, and then for GRACE_S; end the process."""
    with open(read, "rb", buffering=0) as numbers:
        while number := numbers.read(1):
            if number[0] in _ENDS:
                stop.number = number[0]
                time.sleep(GRACE_S)
                os._exit(stop.end())
