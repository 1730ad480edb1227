"""One Ray session: started here, or joined where there is one (RAY_ADDRESS, a running driver)."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import ray
import ray.data
from ray.exceptions import RayError, RayTaskError

from daf_core.errors import NotDone, SettingsError

# Ray tries a task that needs too much memory again without end: flow.py has a better use for it.
os.environ.setdefault("RAY_task_oom_retries", "1")
# A Ray that starts here ends processes that wait a second for their next task: starting costs more.
os.environ.setdefault("RAY_idle_worker_killing_time_threshold_ms", "600000")
# Ray Data's newer way (2.60) gives a run the CPUs of tasks that it asked for, and of what is left
# whole ones only: on two cores publishing, a tenth of one, then waits until all parts are read, one
# at a time. The older way counts nodes; later versions may have it no more.
if ray.__version__.startswith("2.60."):
    os.environ.setdefault("RAY_DATA_CLUSTER_AUTOSCALER", "V2")


@contextmanager
def ray_session() -> Iterator[None]:
    """Run the body inside Ray; what was running before keeps running after.

    RAY_ADDRESS says which cluster, `ray job submit` sets it. Without it, the Ray that runs on this
    machine is joined; where there is none, or RAY_ADDRESS is "local", one starts.
    What was raised in a worker comes out as it was raised there.

    Raises:
        NotDone: Ray itself gave up, on a process that kept dying for example.
    """
    started_here = not ray.is_initialized()
    _prepare()
    if started_here:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    except RayTaskError as err:
        raise _as_raised(err.cause) from err
    except RayError as err:
        first_line = str(err).partition("\n")[0]
        raise NotDone(f"{first_line} Run the same command again to go on") from err
    finally:
        if started_here:
            ray.shutdown()


def _prepare() -> None:
    """Leave the terminal to our own progress and errors; Ray's logs stay in its session folder."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.issue_detectors_config.detectors = []
    context.max_errored_blocks = -1  # what a stage raises comes to us by parcel, not this way
    context.target_max_block_size = 1  # every parcel is a block of its own, passed on at once
    for name in ("ray", "ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _as_raised(error: Exception) -> Exception:
    """Without what Ray Data appends to the message of an error in one of its stages."""
    if isinstance(error, SettingsError | NotDone):
        error.args = (str(error).partition("\nFailed to apply")[0],)
    return error


def cluster_total(resource: str) -> float:
    """How much of "CPU" or "GPU" the whole cluster has."""
    return float(ray.cluster_resources().get(resource, 0.0))
