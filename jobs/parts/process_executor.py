"""Parts in processes of this machine, without Ray: `--local`.

For archives that one machine scores in minutes: nothing has to start but Python. The bytes are the
same as on a cluster. A part that kills its process stops the run here; on Ray it is tried again
and then given up.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.storage.part_index import PartFacts
from jobs.parts.message import Stage, in_turn, unwrap, wrap

AHEAD = 2  # parts handed out per process
MOST_READ_BYTES = 250_000_000  # by the driver while the processes start: two hours of speech
END_S = 2.0  # at most, until a pool notices that its processes have ended
GPUS = Path("/proc/driver/nvidia/gpus")


class WorkerDied(NotDone):
    """A worker process died."""


_stages: list[Stage] = []  # of this worker process


def cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_device() -> str:
    """Where encoders run: "cuda" if there is a GPU that torch can use, else "cpu"."""
    if not GPUS.is_dir():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def run_in_processes(
    parts: list[PartFacts], stages: list[Stage], workers: int, read: Stage | None = None
) -> Iterator[PartFacts]:
    """Run all `stages` on each part, each part in one process; yields facts as parts are finished.

    `read` is a stage that comes first. This process runs it while the workers start, which takes
    seconds on one core while the others are idle.

    Raises:
        WorkerDied: a worker process died.
    """
    context = multiprocessing.get_context("forkserver")
    every = [read, *stages] if read else stages
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(every,))
    waiting = iter(parts)
    working: set[Future[pa.Table]] = set()
    try:
        if read:
            messages = _read_while_workers_start(pool, waiting, read)
            working |= {pool.submit(_run, message, 1) for message in messages}
        while True:
            more = islice(waiting, max(0, workers * AHEAD - len(working)))
            working |= {pool.submit(_run, wrap([facts])) for facts in more}
            if not working:
                break
            done, working = wait(working, return_when=FIRST_COMPLETED)
            yield from (unwrap(future.result()) for future in done)
    except BrokenProcessPool as err:
        _close_call_queue(pool)
        raise WorkerDied(
            "a worker process died, for example of too little memory; run the same command again "
            "to continue, with fewer --actors, or without --local: Ray gives up a part that kills "
            "its process and goes on with the others"
        ) from err
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read_while_workers_start(
    pool: ProcessPoolExecutor, parts: Iterator[PartFacts], read: Stage
) -> list[pa.Table]:
    """Messages of the first parts, read until there is a worker or MOST_READ_BYTES are held."""
    done: list[pa.Table] = []
    room = MOST_READ_BYTES
    with ThreadPoolExecutor(1) as starter:
        started = starter.submit(pool.submit, os.getpid)  # returns when there is a process
        while room > 0 and not started.done() and (facts := next(parts, None)):
            done.append(read(wrap([facts])))
            room -= done[-1].nbytes
    return done


def _close_call_queue(pool: ProcessPoolExecutor) -> None:
    """Keep Python from waiting for ever, at its end, to write a large message to dead workers.

    CPython issue 94777, in 3.10 and up to 3.11.3. There is no public way to the queue.
    """
    manager, queue = (
        getattr(pool, name, None) for name in ("_executor_manager_thread", "_call_queue")
    )
    if manager is None or queue is None:
        return
    manager.join(END_S)
    if manager.is_alive():
        queue._reader.close()


def _start(stages: list[Stage]) -> None:
    """In a new worker: keep the stages, which load weights once; end when the driver does."""
    global _stages
    _stages = stages
    end_with_the_driver()


def end_with_the_driver() -> None:
    """In a new worker: let it end by Ctrl-C at once, and when the driver does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # `start_forkserver` blocks it
    threading.Thread(target=_watch_the_driver, daemon=True).start()


def _watch_the_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)


def _run(message: pa.Table, first: int = 0) -> pa.Table:
    return in_turn(_stages[first:], message)
