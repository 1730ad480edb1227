"""The process that workers of `--local` are forked from; it loads once what all of them need."""

from multiprocessing.forkserver import ensure_running, set_forkserver_preload

PRELOADED = ["jobs.parts.preload"]


def start_forkserver() -> None:
    """Begin to load torch, which takes a second, beside the driver's own start."""
    set_forkserver_preload(PRELOADED)
    ensure_running()
