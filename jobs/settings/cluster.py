"""Where and how long a job may run: options of every verb that works on many rows."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import check_range
from jobs.settings.options import RESOURCES


@dataclass(frozen=True, kw_only=True)
class WhereAndHowLong:
    """The Ray to join, and the time to end in."""

    address: Annotated[str | None, Parameter(group=RESOURCES)] = None
    """HOST:PORT of the Ray to join, or local to start one. Default: RAY_ADDRESS, else local."""

    deadline: Annotated[float | None, Parameter(group=RESOURCES)] = None
    """Stop after so many minutes, with exit status 1. The same command then continues."""

    def __post_init__(self) -> None:
        check_range("deadline", self.deadline, least=0.01)
