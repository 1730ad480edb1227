"""Which Ray a run joins: one that was named, never one that was found. Does not import Ray, which
takes seconds.

A Ray runs what its clients send, as the user who started it, and sees all that they read. So the
address file that any user can leave in the shared temporary folder is not believed.
"""

import os
import socket
import stat
import sys
import threading
from pathlib import Path

from daf_core.errors import NotDone, SettingsError

ADDRESS = "RAY_ADDRESS"
LOCAL, AUTO = "local", "auto"
CLIENT, CLIENT_PORT = "ray://", 10001  # of Ray Client, and where none is given
ANSWERS_WITHIN_S = 10.0
# What every client of HTTP/2 begins with, and an empty frame of settings: length, type, flags, 0.
_FRAME_BYTES, _SETTINGS = 9, 4
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, _SETTINGS, 0, 0, 0, 0, 0])


_asked_for: list[str] = []  # the address that `address` gave, not the environment


def go_by(address: str) -> None:
    """Put the address that `address` gives where Ray and processes of a job look for one."""
    os.environ[ADDRESS] = address
    _asked_for[:] = [address.strip()]


def named_by() -> str:
    """What gave the address, for messages: the setting or the variable."""
    return "`address`" if _asked_for == [os.environ.get(ADDRESS, "").strip()] else ADDRESS


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
    if address is None or ("://" in address and not address.startswith(CLIENT)):
        return address  # one of another protocol is left to Ray
    if address == AUTO:
        address = _started_here()
    try:
        _check_that_one_answers(address)
    except (OSError, ValueError) as err:
        raise NotDone(
            f"{named_by()} {address}: expected the HOST:PORT of a Ray that runs, found none: {err}"
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
            f"{named_by()} {AUTO}: expected a Ray that `ray start` started on this machine, found "
            f"none: {err}; start it, or name the HOST:PORT of another"
        ) from err
    if found.st_uid not in (0, os.geteuid()) or not stat.S_ISREG(found.st_mode):
        raise SettingsError(
            f"{named_by()} {AUTO}: expected {file} of this user, found another user's; name the "
            f"HOST:PORT of the Ray to join"
        )
    return address


def _check_that_one_answers(address: str) -> None:
    """Raises OSError or ValueError where no Ray answers at an address within ANSWERS_WITHIN_S."""
    problem: list[Exception] = [TimeoutError(f"no answer in {ANSWERS_WITHIN_S:g} s")]

    def ask() -> None:
        try:
            _greet(address)
            problem.clear()
        except (OSError, ValueError, OverflowError) as err:  # the last: a port beyond 65535
            problem[:] = [err]

    # Looking up a name may take minutes, and cannot be ended: not in this thread.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWERS_WITHIN_S)
    if problem:
        raise ValueError(str(problem[0])) from problem[0]


def _greet(address: str) -> None:
    """Raises where nothing at HOST:PORT answers as Ray's servers do, which speak HTTP/2. What takes
    connections and says nothing would keep Ray waiting for minutes.
    """
    place = address.removeprefix(CLIENT)
    if place != address and ":" not in place:
        place = f"{place}:{CLIENT_PORT}"
    host, _, port = place.rpartition(":")
    if not port.isdecimal():
        raise ValueError("it ends in no port")
    with socket.create_connection((host.strip("[]"), int(port)), ANSWERS_WITHIN_S) as connection:
        if os.environ.get("RAY_USE_TLS", "").lower() in ("1", "true"):
            return  # what it says is encrypted
        connection.sendall(_GREETING)
        answer = connection.recv(_FRAME_BYTES, socket.MSG_WAITALL)
    if len(answer) < _FRAME_BYTES or answer[3] != _SETTINGS:
        raise ValueError("what answers there is no Ray")
