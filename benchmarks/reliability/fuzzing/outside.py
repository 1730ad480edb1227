"""What this process opens outside of where it may, and whom it asks, by Python's audit events."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
# Of Python, its packages and of this project; of the machine: what libraries ask about it.
_OWN = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[3]))
_MACHINE = ("/proc/", "/sys/", "/dev/null", "/dev/shm/", "/usr/", "/lib", "/etc/mime", "/etc/ld")
_watching: list["Watch"] = []


class Watch:
    """What was opened outside of `roots`, and whom was asked, as faults of one line."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        home = Path.home()
        kept = (str(home / ".cache/huggingface"), str(home / ".config"), tempfile.gettempdir())
        self._roots = (*map(os.path.realpath, roots), *map(os.path.realpath, _OWN))
        self._machine = (*_MACHINE, kept[0], kept[1], f"{kept[2]}/tmp")
        self.faults: set[str] = set()

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        """Judge an audit event."""
        if event in _ASKS:
            self.faults.add(f"request: {event} {arguments[1:]}"[:200])
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        name = os.fsdecode(arguments[0])
        if name.endswith(".__path_hook__"):
            return  # what Python calls an editable installation: there is no such file
        path = os.path.realpath(name)
        if not path.startswith(self._roots) and not path.startswith(self._machine):
            self.faults.add(f"outside: {path}"[:200])


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    for watch in _watching:
        watch.see(event, arguments)


def prepare() -> None:
    """Begin to hear audit events, for the rest of the process."""
    sys.addaudithook(_hook)


@contextmanager
def watched(*roots: Path) -> Iterator[Watch]:
    """Watch the body, which may open what lies under `roots`."""
    watch = Watch(tuple(map(str, roots)))
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
