"""A Ray of this run alone: on loopback, in a folder that nobody else reads, with a token."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import ray
from ray._private import ray_constants

from jobs.command.stopping import killed_when_stopped
from jobs.own_ray.folder import RayFolder

LOOPBACK = "127.0.0.1"  # Ray's servers listen there alone if the node has this address
# Where this is 0, Ray takes a loopback address as it is, not for one that other machines reach.
CLUSTERS = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
MODE, TOKEN, TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
TRIES = 2  # Ray gives its processes 30 s to start, whatever the machine does besides


@contextmanager
def own_ray() -> Iterator[None]:
    """Start a Ray, run the body, stop it.

    Its folder, with Ray's logs and what Ray spills, is deleted, but for one of a body that failed.
    One that a command left as it was killed is deleted by a later one.
    Where the command is stopped, Ray is killed: its core crashes now and then when it is shut down
    amid its work, and takes the process with it.
    """
    folder = RayFolder()
    others = _children()

    def kill() -> None:
        # Ray's core in this process crashes once it misses the raylet, so that goes last.
        halted = _halted(_children() - others)
        folder.delete()
        _kill(halted)

    with _token(), killed_when_stopped(kill) as is_stopped:
        try:
            with _on_loopback(), _without_dashboard():
                _start(folder.path)
            yield
        except BaseException:
            if not is_stopped():
                folder.keep()  # for its logs
                ray.shutdown()
            raise
        ray.shutdown()
    folder.delete()
    folder.close()


def _start(folder: str) -> None:
    """Start Ray. Where that fails, end what has started of it and try once more."""
    for tries_left in reversed(range(TRIES)):
        others = _children()
        try:
            _init(f"{folder}/ray{tries_left}")  # Ray opens a folder of its own to everybody
            return
        except Exception:  # Ray raises plain ones
            ray.shutdown()
            left = _children() - others
            _kill(_halted(left))
            psutil.wait_procs(left, timeout=10)
            if not tries_left:
                raise


def _children() -> set[psutil.Process]:
    return {*psutil.Process().children()}


def _halted(processes: set[psutil.Process]) -> list[psutil.Process]:
    """Processes of a Ray, and then those that they have started: stopped, so that they start and
    write nothing more.
    """
    found = [*processes]
    for process in found:  # which grows
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            found += process.children()
    return found


def _kill(halted: list[psutil.Process]) -> None:
    for process in reversed(halted):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _init(folder: str) -> None:
    ray.init(
        address="local",
        include_dashboard=False,  # seconds more, for a page that nobody is told of
        log_to_driver=False,
        logging_level=logging.ERROR,
        _node_ip_address=LOOPBACK,
        _temp_dir=folder,
    )


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Keep Ray from replacing the loopback address by that of a network. It has no option for it
    but a variable, which it reads when it is imported.
    """
    before, was = os.environ.get(CLUSTERS), ray_constants.ENABLE_RAY_CLUSTER
    os.environ[CLUSTERS], ray_constants.ENABLE_RAY_CLUSTER = "0", False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = was
        if before is None:
            del os.environ[CLUSTERS]
        else:
            os.environ[CLUSTERS] = before


@contextmanager
def _without_dashboard() -> Iterator[None]:
    """Keep Ray from starting the process of its dashboard, which it does even where no dashboard is
    wanted, for its reports of use: it asks addresses of clouds on which one it runs.
    """
    services = ray._private.services
    before = services.start_api_server
    services.start_api_server = lambda *_, **__: (None, None)  # no address, no process
    try:
        yield
    finally:
        services.start_api_server = before


@contextmanager
def _token() -> Iterator[None]:
    """Give Ray, and the processes that it starts, a token of its own; Rays that know of tokens ask
    every client for it.

    Where the environment turns tokens off or holds one, that is left as it is.
    """
    if TOKEN in os.environ or TOKEN_PATH in os.environ or os.environ.get(MODE) == "disabled":
        yield
        return
    before = os.environ.get(MODE)
    os.environ[TOKEN] = secrets.token_hex(32)
    _forget_token()
    try:
        yield
    finally:
        del os.environ[TOKEN]
        if before is None:
            os.environ.pop(MODE, None)  # Ray sets it
        _forget_token()


def _forget_token() -> None:
    """Make Ray read the token again, where it has kept an earlier one."""
    loader = getattr(ray._raylet, "AuthenticationTokenLoader", None)
    if loader is not None:  # None: a Ray without tokens
        loader.instance().reset_cache()
