"""Settings of daf doctor."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from daf_core.default_heads import DEFAULT
from jobs.settings.options import INPUT, RESOURCES


@dataclass(frozen=True, kw_only=True)
class DoctorSettings:
    """Look for what would stop a job: this machine, the places of the job, the nodes of its Ray.

    A line for each check: ok, warning or fault, and what to do. Exit status 1 if there is a fault.
    """

    source: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder, bucket or table that the job reads."""

    out: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder that the job writes to, local or s3://. A small file is written there and deleted."""

    head: Annotated[str, Parameter(group=INPUT)] = DEFAULT
    """Head that scores, by its folder or name; its encoders' weights are compared with its sums."""

    gpu: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Expect a GPU, here or on the nodes of the Ray."""

    address: Annotated[str | None, Parameter(group=RESOURCES)] = None
    """HOST:PORT of the Ray to look at. Default: RAY_ADDRESS; without it this machine alone."""

    offline: Annotated[bool, Parameter(group=RESOURCES, env_var="HF_HUB_OFFLINE")] = False
    """Take only weights that are on this machine."""
