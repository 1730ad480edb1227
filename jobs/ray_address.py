"""Which Ray a run joins: one that was named, never one that was found. Does not import Ray, which
takes seconds.

A Ray runs what its clients send, as the user who started it, and sees all that they read. So the
address file that any user can leave in the shared temporary folder is not believed.
"""

import os
import socket
import stat
import sys
from pathlib import Path

from daf_core.errors import NotDone, SettingsError

ADDRESS = "RAY_ADDRESS"
LOCAL, AUTO = "local", "auto"
ELSEWHERE_WITHIN_S = 10.0


def ray_runs() -> bool:
    """Whether this process is connected to a Ray, or RAY_ADDRESS names one."""
    if (ray := sys.modules.get("ray")) is not None and ray.is_initialized():
        return True
    return named_address() is not None


def named_address() -> str | None:
    """The address that RAY_ADDRESS gives; None: none, or "local"."""
    address = os.environ.get(ADDRESS, "").strip()
    return None if address in ("", LOCAL) else address


def address_to_join() -> str | None:
    """The address of the Ray to join, which answers; None: start one.

    "auto" stands for the Ray that this user, or the system's administrator, started on this machine
    by `ray start`.

    Raises:
        SettingsError: the address file behind "auto" is another user's.
        NotDone: nothing answers there. Ray itself would try for minutes.
    """
    address = named_address()
    if address is None or "://" in address:  # of another protocol: left to Ray
        return address
    if address == AUTO:
        address = _started_here()
    try:
        _connect(address, ELSEWHERE_WITHIN_S)
    except (OSError, ValueError) as err:
        raise NotDone(
            f"{ADDRESS} {address}: expected the HOST:PORT of a Ray that runs, found none: {err}"
        ) from err
    return address


def _started_here() -> str:
    """What "auto" stands for: HOST:PORT, from the file of `ray start`."""
    file = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            found, address = os.fstat(opened.fileno()), opened.read(300).decode().strip()
    except (OSError, ValueError) as err:
        raise NotDone(
            f"{ADDRESS} {AUTO}: expected a Ray that `ray start` started on this machine, found "
            f"none: {err}; start it, or name the HOST:PORT of another"
        ) from err
    if found.st_uid not in (0, os.geteuid()) or not stat.S_ISREG(found.st_mode):
        raise SettingsError(
            f"{ADDRESS} {AUTO}: expected {file} of this user, found another user's; name the "
            f"HOST:PORT of the Ray to join"
        )
    return address


def _connect(address: str, within_s: float) -> None:
    """Raises OSError or ValueError where nothing answers at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), within_s).close()
    except OverflowError as err:  # a port beyond 65535
        raise ValueError(str(err)) from err
