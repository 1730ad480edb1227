"""One Ray session: started here, or joined where there is one (RAY_ADDRESS, a running driver)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import ray
import ray.data


@contextmanager
def ray_session() -> Iterator[None]:
    """Run the body inside Ray; what was running before keeps running after.

    On a cluster, RAY_ADDRESS says which; `ray job submit` sets it. Without it, a local Ray starts.
    """
    if ray.is_initialized():
        yield
        return
    quieten()
    ray.init(log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def quieten() -> None:
    """Leave the terminal to our own progress; Ray's logs stay in its session folder."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.issue_detectors_config.detectors = []
    for name in ("ray", "ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.ERROR)


def cluster_total(resource: str) -> float:
    """How much of "CPU" or "GPU" the whole cluster has."""
    return float(ray.cluster_resources().get(resource, 0.0))
