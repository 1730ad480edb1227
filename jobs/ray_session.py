"""One Ray session: started here, or joined where Ray runs already."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass

import ray
import ray.data
from ray.exceptions import RayError, RayTaskError

from daf_core.errors import NotDone, SettingsError
from daf_core.storage.store_faults import told_as_fault
from jobs.command.stopping import STANDARD_ERROR, handlers_kept, killed_when_stopped
from jobs.command.terminal import complain
from jobs.own_ray import own_ray
from jobs.own_ray.folder import warn_if_not_taken
from jobs.ray_address import AUTO, address_to_join, named_address, named_by

# Ray retries a task that runs out of memory without end; ray_executor.py isolates its part instead.
os.environ.setdefault("RAY_task_oom_retries", "1")
# Ray ends processes that are idle for a second. Starting new ones costs more than keeping them.
os.environ.setdefault("RAY_idle_worker_killing_time_threshold_ms", "600000")
# Ray tells its makers that it is used.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Ray 2.60 rounds leftover CPU shares down to whole CPUs, so that on two cores the publish stage,
# a tenth of a CPU, starves until all parts are read. The older V2 does not; later Rays may lack it.
if ray.__version__.startswith("2.60."):
    os.environ.setdefault("RAY_DATA_CLUSTER_AUTOSCALER", "V2")
# Ray's C++ core repeats its error lines on the driver's standard error, such as those on restarts
# of actors and on its own metrics. Whatever concerns a job comes as an exception as well. putenv,
# not os.environ: read by the core in this process, not passed to the processes that it starts,
# whose logs stay in Ray's session folder. ("fatal" is of a daf that started this process.)
ASKED_FOR_LOGS = os.environ.get("RAY_BACKEND_LOG_LEVEL", "fatal") != "fatal"
if not ASKED_FOR_LOGS:
    os.putenv("RAY_BACKEND_LOG_LEVEL", "fatal")

TOKEN_REFUSED = "AuthToken"  # in what Ray's core says where it has no token, or another one


@contextmanager
def ray_session() -> Iterator[None]:
    """Run the body inside Ray. A Ray that ran before keeps running after.

    RAY_ADDRESS names the cluster; `ray job submit` sets it. Without it, or where it is "local", a
    Ray is started (`own_ray`); one that happens to run on this machine is not joined.
    An exception from a worker comes out as it was raised there.

    Raises:
        NotDone: Ray does not start, or cannot be joined; or Ray itself gave up, for example on a
            process that kept dying.
    """
    _configure()
    try:
        with nullcontext() if ray.is_initialized() else _started_or_joined():
            yield
    except RayTaskError as err:
        raise told_as_fault(_as_raised(err.cause), f"the machine {err.ip}") from err
    except RayError as err:
        first_line = str(err).partition("\n")[0]
        raise NotDone(f"{first_line} Run the same command again to continue") from err


@contextmanager
def _started_or_joined() -> Iterator[None]:
    address, said = address_to_join(), Said()
    if address is None:
        warn_if_not_taken()  # here, as standard error is held below
    with ExitStack() as stack:
        try:
            with nullcontext() if ASKED_FOR_LOGS else standard_error_held(said), handlers_kept():
                stack.enter_context(own_ray() if address is None else _joined(address))
        except Exception as err:  # Ray raises plain ones when its processes take too long to start
            first_line = str(err).partition("\n")[0].rstrip(". ")
            if address is not None and TOKEN_REFUSED in said.text:
                raise NotDone(
                    f"{named_by()} {address}: that Ray asks for a token and refuses what this "
                    f"command has; set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the token that "
                    f"the Ray was started with, or have it in ~/.ray/auth_token"
                ) from err
            if said.text:
                complain(said.text)
            raise NotDone(
                f"Ray did not start, or could not be joined ({named_by()}: {address or 'local'}): "
                f"{first_line}. Run the same command again"
            ) from err
        yield


@contextmanager
def _joined(address: str) -> Iterator[None]:
    if named_address() == AUTO:
        _show_own_token()
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    with killed_when_stopped(_nothing) as is_stopped:
        try:
            yield
        finally:
            if not is_stopped():
                ray.shutdown()


def _show_own_token() -> None:
    """Show a Ray that this user started on this machine the token of this user, as Ray's own "auto"
    does. A Ray at an address that was typed is shown it where RAY_AUTH_MODE asks for that alone.
    """
    with suppress(ImportError):  # a Ray without tokens
        from ray._private.authentication import authentication_token_setup as setup

        setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


def _nothing() -> None:
    """Ray itself ends what it runs for a process that is gone."""


@dataclass
class Said:
    """What was written to standard error."""

    text: str = ""


@contextmanager
def standard_error_held(said: Said) -> Iterator[None]:
    """Keep what the body writes to standard error, C++ code too, in `said` if it raises, else drop
    it: Ray's core says there which log level it was given.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        shown = os.dup(STANDARD_ERROR)
        os.dup2(held.fileno(), STANDARD_ERROR)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(shown, STANDARD_ERROR)
            os.close(shown)
            if failed:
                held.seek(0)
                said.text = held.read().decode(errors="replace")


def cluster_total(resource: str) -> float:
    """How much of "CPU" or "GPU" the whole cluster has."""
    return float(ray.cluster_resources().get(resource, 0.0))


def _configure() -> None:
    """Keep Ray's progress and logs off the terminal. They stay in Ray's session folder."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.issue_detectors_config.detectors = []
    context.max_errored_blocks = -1  # exceptions of stages travel in messages (parts/message.py)
    context.target_max_block_size = 1  # every message is a block of its own, passed on at once
    for name in ("ray", "ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _as_raised(error: Exception) -> Exception:
    """The error without what Ray Data appends to the message of an error in one of its stages."""
    if isinstance(error, SettingsError | NotDone):
        error.args = (str(error).partition("\nFailed to apply")[0],)
    return error
