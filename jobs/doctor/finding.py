"""What a check found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from daf_core.errors import NotDone, SettingsError

State: TypeAlias = Literal["ok", "warning", "fault"]
OK: State = "ok"
WARNING: State = "warning"
FAULT: State = "fault"
GIB = 2**30


@dataclass(frozen=True)
class Finding:
    """What a check found. said: what there is; for a warning or a fault also what to do."""

    check: str
    state: State
    said: str

    def line(self) -> str:
        """The finding for the terminal, on one line."""
        return f"{self.state:8} {self.check:14} {' '.join(self.said.split())}"


Check: TypeAlias = Callable[[], tuple[State, str]]


def found_by(name: str, check: Check) -> Finding:
    """What a check finds; whatever it raises is a fault, as a doctor goes on to the next check."""
    try:
        state, said = check()
    except Exception as err:  # of ours, or of a library that is itself what is broken
        return fault(name, err)
    return Finding(name, state, said)


def fault(name: str, err: Exception) -> Finding:
    """What an exception of a check says."""
    ours = isinstance(err, SettingsError | NotDone)
    return Finding(name, FAULT, str(err) if ours else f"{type(err).__name__}: {err}")
