"""The process that reads files that others made.

It ends itself: a timer of the system kills it where the next result takes too long, also where a
native decoder neither returns nor gives Python a turn. What counts is time of a processor, so that
a busy machine or a slow store makes no other file too slow. A thread ends it when its parent is
gone; where a decoder gives Python no turn, the timer does.
"""

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from jobs.command.terminal import configure
from jobs.parts.lean_imports import keep_arrow_from_pandas

READY, MORE, DONE, FAILED = "ready", "more", "done", "failed"
_LOOKS_S = 1.0  # for its parent, every so often
WAITS = 20  # times as long on the clock, for what waits for something that never comes


def serve(number: int, modules: list[str]) -> None:
    """Answer requests that come through the socket of this number, until it is closed."""
    for one in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF, signal.SIGALRM])
    configure()
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    pipe: Connection[Any, Any] = Connection(number)
    try:
        pipe.send((READY, None))
        keep_arrow_from_pandas()
        for name in modules:
            import_module(name)
        while True:
            _answer(pipe)
    except (EOFError, ConnectionError):
        return


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOKS_S)
    os._exit(1)


def _answer(pipe: "Connection[Any, Any]") -> None:
    limit_s, request = pipe.recv()
    try:
        read, given = pickle.loads(request)
        results = iter(read(*given))
        while True:
            with _limit(limit_s):
                answer = _next(results)
            pipe.send(answer)
            if answer[0] == DONE:
                return
    except (EOFError, ConnectionError):
        raise
    except Exception as err:  # any of them: the parent raises it again
        pipe.send((FAILED, _portable(err)))


def _next(results: Iterator[Any]) -> tuple[str, Any]:
    for one in results:
        return MORE, one
    return DONE, None


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """End this process if the body takes longer than that of a processor."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * WAITS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _portable(err: Exception) -> Exception:
    """The exception, or where it cannot be sent one that says what it was."""
    try:
        pickle.loads(pickle.dumps(err))
    except Exception:
        return RuntimeError(f"{type(err).__name__}: {err}")
    return err
