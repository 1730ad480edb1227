"""Settings of daf plan."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.default_heads import DEFAULT
from daf_core.errors import check_range
from jobs.settings.encode import EncodeResources
from jobs.settings.options import INPUT, RESOURCES, Items


@dataclass(frozen=True, kw_only=True)
class PlanSettings(EncodeResources):
    """Say how long a run of `daf score` would take, and what it would need and cost.

    Scores a few parts with the processes that the run would have, and deletes the result.
    """

    manifest: Annotated[str, Parameter(group=INPUT)]
    """Folder made by `daf ingest`."""

    head: Annotated[str, Parameter(group=INPUT)] = DEFAULT
    """Folder of the head, or the name of one of the package."""

    out: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder for the result of the sample, local or s3://, which all nodes of a Ray reach. Default:
    a temporary folder of this machine."""

    share: Annotated[float, Parameter(group=RESOURCES)] = 0.01
    """Share of the parts to score. For each process at least five parts and ten minutes of speech,
    at most forty parts."""

    price_per_hour: Annotated[float | None, Parameter(group=RESOURCES)] = None
    """What all machines of the run together cost an hour, in any currency."""

    allow_root: Annotated[Items, Parameter(group=INPUT)] = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: where the manifest says. cluster/SECURITY.md says why."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("share", self.share, least=1e-6, most=1)
        check_range("price_per_hour", self.price_per_hour, least=0)
