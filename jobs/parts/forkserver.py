"""The process that those of `--local` are forked from, which loads once what all of them need."""

from multiprocessing.forkserver import ensure_running, set_forkserver_preload

PRELOADED = ["jobs.parts.preload"]


def get_ready() -> None:
    """Begin to load torch and transformers, which takes seconds, beside what comes first."""
    set_forkserver_preload(PRELOADED)
    ensure_running()
