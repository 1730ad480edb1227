"""What a block of code opens and whom it asks, as Python's audit events tell."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ASKING = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


@dataclass
class Seen:
    """Paths that were opened, and events that reach out to a network."""

    opened: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """What was opened that the tests forbid."""
        forbidden = ("/dev/", "/proc/", "/etc/", "/root/.ssh")
        return [
            one
            for one in self.opened
            if one != "/dev/null" and ("outside" in one or one.startswith(forbidden))
        ]


_watching: list[Seen] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    for seen in _watching:
        if event == "open":
            seen.opened.append(str(arguments[0]))
        elif event in _ASKING:
            seen.asked.append(f"{event} {arguments[1:]}")


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[Seen]:
    """Watch the body; Python's own events alone, of this process."""
    seen = Seen()
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)
