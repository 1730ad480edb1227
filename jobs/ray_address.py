"""Which Ray a run would join. Does not import Ray, which takes seconds."""

import os
import socket
import sys
from pathlib import Path

from daf_core.errors import NotDone

HERE_WITHIN_S, ELSEWHERE_WITHIN_S = 1.0, 10.0


def ray_runs() -> bool:
    """Whether this process is connected to a Ray, RAY_ADDRESS names one, or one runs on this
    machine that `ray start` started.
    """
    if (ray := sys.modules.get("ray")) is not None and ray.is_initialized():
        return True
    if address := os.environ.get("RAY_ADDRESS"):
        return address != "local"
    named = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")
    try:
        _connect(named.read_text().strip(), HERE_WITHIN_S)
    except (OSError, ValueError):
        return False  # the file stays when a Ray is killed
    return True


def check_address() -> None:
    """Connect to the HOST:PORT of RAY_ADDRESS, where it has that form.

    Raises:
        NotDone: nothing answers there. Ray itself would try for minutes.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if "://" in address or ":" not in address:
        return  # "local", "auto", or of another protocol
    try:
        _connect(address, ELSEWHERE_WITHIN_S)
    except (OSError, ValueError) as err:
        raise NotDone(
            f"RAY_ADDRESS {address}: expected the HOST:PORT of a Ray that runs, found none: {err}"
        ) from err


def _connect(address: str, within_s: float) -> None:
    """Raises OSError or ValueError where nothing answers at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), within_s).close()
    except OverflowError as err:  # a port beyond 65535
        raise ValueError(str(err)) from err
