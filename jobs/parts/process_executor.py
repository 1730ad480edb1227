"""All the work on parts in processes of this machine, without Ray: `--local`.

For archives that one machine scores in minutes: nothing has to start but Python. The bytes are the
same as on a cluster. What a cluster has beyond it: other machines, and parts that kill their
process are tried again and then given up; here they stop the run.
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
from functools import reduce
from itertools import islice
from pathlib import Path

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.storage.part_index import PartFacts
from jobs.parts.message import Work, delivered, parcels

AHEAD = 2  # parts per process that are handed out
MOST_READ_BYTES = 250_000_000  # by the driver while the processes start: two hours of speech
END_S = 2.0  # that a pool takes to notice that it has ended, at most
GPUS = Path("/proc/driver/nvidia/gpus")

_work: list[Work] = []


def device() -> str:
    """Where encoders run: "cuda" if there is a GPU that torch can use."""
    if not GPUS.is_dir():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def in_processes(
    parts: list[PartFacts], work: list[Work], workers: int, read: Work | None = None
) -> Iterator[PartFacts]:
    """Do all of `work` on each part, each part in one process; facts as parts are finished.

    `read` is work that comes first, and that this process does while the others start.

    Raises:
        NotDone: a process died.
    """
    context = multiprocessing.get_context("forkserver")
    stages = [read, *work] if read else work
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(stages,))
    ahead = iter(parts)
    working: set[Future[pa.Table]] = set()
    try:
        if read:
            working |= {
                pool.submit(_do, parcel, 1) for parcel in _read_while_they_start(pool, ahead, read)
            }
        while True:
            more = islice(ahead, max(0, workers * AHEAD - len(working)))
            working |= {pool.submit(_do, parcels([facts])) for facts in more}
            if not working:
                break
            done, working = wait(working, return_when=FIRST_COMPLETED)
            yield from (delivered(future.result()) for future in done)
    except BrokenProcessPool as err:
        _hand_out_no_more(pool)
        raise NotDone(
            "a process died, for example of too little memory; run the same command again to go "
            "on, with fewer --actors, or without --local, which gives up a part that kills its "
            "process and goes on with the others"
        ) from err
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read_while_they_start(
    pool: ProcessPoolExecutor, parts: Iterator[PartFacts], read: Work
) -> list[pa.Table]:
    """Parcels of the first parts: their imports take seconds on one core, the others are idle."""
    done: list[pa.Table] = []
    room = MOST_READ_BYTES
    with ThreadPoolExecutor(1) as starter:
        started = starter.submit(pool.submit, os.getpid)  # returns when there is a process
        while room > 0 and not started.done() and (facts := next(parts, None)):
            done.append(read(parcels([facts])))
            room -= done[-1].nbytes
    return done


def _hand_out_no_more(pool: ProcessPoolExecutor) -> None:
    """Of a pool whose processes died: what is too large for the pipe to them would be written for
    ever, and Python's end wait for it (CPython issue 94777; 3.11.2 and 3.10 still do).
    """
    manager, waiting = (
        getattr(pool, name, None) for name in ("_executor_manager_thread", "_call_queue")
    )
    if manager is None or waiting is None:
        return
    manager.join(END_S)
    if manager.is_alive():
        waiting._reader.close()


def _start(work: list[Work]) -> None:
    """In a new process: keep the stages, which load weights once; end when the driver does."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_driver, daemon=True).start()


def _end_with_the_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)


def _do(parcel: pa.Table, begin: int = 0) -> pa.Table:
    return reduce(lambda made, stage: stage(made), _work[begin:], parcel)
