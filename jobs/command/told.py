"""What a command tells programs: with `--json` one JSON object at its end, on standard output.

The steps of a command tell their figures as they are done, the figures that its summary shows to
people; so they are told too where a later step fails. docs/platform.md lists the keys.
"""

import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import daf_core
from jobs.command import terminal

if TYPE_CHECKING:  # it loads pyarrow, which not every command needs
    from daf_core.storage.run_record import Json

OPTION = "--json"


@dataclass(frozen=True)
class Error:
    """What ended a command: its kind, as "SettingsError", and the message for people."""

    kind: str
    message: str


@dataclass
class _Command:
    """The command that runs. wanted: whether a program listens; ended: the object is printed."""

    verb: str | None = None
    wanted: bool = False
    ended: bool = False
    started_s: float = field(default_factory=time.monotonic)
    steps: "dict[str, Json]" = field(default_factory=dict)
    rows: "list[Json] | None" = None


_command = _Command()


def begin(arguments: list[str], verb: str | None) -> None:
    """A command begins; with `--json` among its arguments whatever is said goes to standard error,
    and the object alone to standard output.
    """
    global _command
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    _command = _Command(verb, OPTION in own)
    terminal.say_to_standard_error(_command.wanted)


def forget() -> None:
    """The command is over; a caller of this process may print again where it likes."""
    global _command
    _command = _Command()
    terminal.say_to_standard_error(False)


def is_wanted() -> bool:
    """Whether a program listens."""
    return _command.wanted


def tell(step: str, **figures: object) -> None:
    """Tell figures of a step, such as "scored", beside those that it has told."""
    _command.steps.setdefault(step, {}).update(figures)


def tell_rows(rows: "list[Json]") -> None:
    """Tell the rows that were asked for; they are the summary of the verb."""
    _command.rows = rows


def end(status: int, summary: str = "", error: Error | None = None) -> None:
    """The command has ended: print the object, if it is wanted and was not printed yet."""
    if not _command.wanted or _command.ended:
        return
    _command.ended = True
    told: Json = {
        "daf": daf_core.__version__,
        "verb": _command.verb,
        "status": status,
        "seconds": round(time.monotonic() - _command.started_s, 3),
        "summary": [line for line in terminal.clean(summary).splitlines() if line.strip()],
        "error": None if error is None else _plain(asdict(error)),
        "steps": _plain(_command.steps),
    }
    if _command.rows is not None:
        told |= {"summary": [], "rows": _plain(_command.rows, clean=str)}
    terminal.say_object(told)


def _plain(value: Any, clean: Any = terminal.clean) -> Any:
    """A value as JSON has it: text without secrets, and null for what is no number."""
    if isinstance(value, dict):
        return {clean(str(name)): _plain(one, clean) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, clean) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else clean(str(value))
