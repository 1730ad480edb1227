"""The process that workers of `--local` are forked from; it loads once what all of them need."""

from collections.abc import Sequence
from multiprocessing import resource_tracker
from multiprocessing.forkserver import ensure_running, set_forkserver_preload

from jobs.command.stopping import deaf_to_interrupts
from jobs.parts.lean_imports import keep_arrow_from_pandas
from jobs.reading.readers import readers

PRELOADED = ["jobs.parts.preload"]


def start_forkserver(preloaded: Sequence[str] = PRELOADED) -> None:
    """Begin to load torch, which takes a second, beside the driver's own start."""
    set_forkserver_preload([*preloaded])
    resource_tracker.ensure_running()  # which would unblock what is blocked below
    with deaf_to_interrupts():
        ensure_running()


def start_processes() -> None:
    """Begin to start what encodes and what decodes, beside the driver's own start."""
    start_forkserver()
    readers().start("daf_core.stages.decode")
    keep_arrow_from_pandas()
