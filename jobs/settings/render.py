"""Settings of daf render."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

import daf_core
from daf_core.errors import SettingsError, check_range, check_whole

Rendered: TypeAlias = Literal["rayjob", "slurm", "ray-up"]
IMAGE = f"registry.example.com/daf:{daf_core.__version__}"
# Which options go with which file alone.
_ONLY = {
    "cpus": ("rayjob",),
    "gpus_per_node": ("slurm",),
    "gpu_workers": ("rayjob", "ray-up"),
    "hours": ("rayjob", "slurm"),
    "queue": ("rayjob", "slurm"),
    "model_cache": ("rayjob",),
    "cluster": ("ray-up",),
}


@dataclass(frozen=True, kw_only=True)
class RenderSettings:
    """Write the file that starts a command on a cluster.

    The command follows after two dashes, without `daf`. It is checked as if it were run. Options
    from its --config file are written out, because the cluster does not have that file. Places are
    s3://… or absolute paths of a folder that all nodes share.

        daf render rayjob --out job.yaml -- score --manifest s3://b/m --out s3://b/s
    """

    to: Rendered = field(kw_only=False)
    """A RayJob for KubeRay, a script for Slurm's sbatch, or a configuration of `ray up`."""

    command: Annotated[list[str], Parameter(negative="", allow_leading_hyphen=True)] = field(
        kw_only=False
    )
    """The command, after --."""

    out: str
    """The file to write."""

    name: str | None = None
    """Name of the job. Default: daf- and the command's name."""

    image: str = IMAGE
    """Container image of nodes with GPUs. Other nodes take the image of this name plus -cpu."""

    workers: int | None = None
    """Number of worker nodes. Default: as in the files of cluster/."""

    gpu_workers: int | None = None
    """Number of additional worker nodes with one GPU each."""

    gpus_per_node: int | None = None
    """GPUs per Slurm node."""

    cpus: int | None = None
    """CPU cores per worker node. Each core comes with 4 GiB of memory."""

    hours: float | None = None
    """End the job after so many hours. Default: 24."""

    queue: str | None = None
    """A queue of Kueue, or a partition of Slurm."""

    model_cache: bool = False
    """Read encoders from the shared cache of cluster/kuberay/namespace."""

    cloud: Literal["aws", "gcp", "onprem"] = "aws"
    """Where `ray up` starts the cluster; onprem: on machines that you have."""

    cluster: str | None = None
    """Name of the cluster that `ray up` starts. Default: daf."""

    def __post_init__(self) -> None:
        for name in ("workers", "cpus", "gpus_per_node"):
            check_whole(name, getattr(self, name), least=1, most=100_000)
        check_whole("gpu_workers", self.gpu_workers, least=0, most=100_000)
        check_range("hours", self.hours, least=0.1, most=10_000)
        for name, kinds in _ONLY.items():
            if getattr(self, name) not in (None, False) and self.to not in kinds:
                raise SettingsError(f"`{name}`: goes with {' and '.join(kinds)}, found {self.to}")
        if self.cloud != "aws" and self.to != "ray-up":
            raise SettingsError(f"`cloud`: goes with ray-up, found {self.to}")

    @property
    def title(self) -> str:
        """Name of the job."""
        return self.name or f"daf-{self.command[0]}"

    @property
    def cpu_image(self) -> str:
        """Image of nodes without GPUs."""
        return f"{self.image}-cpu"

    @property
    def gpu_image(self) -> str:
        """Image of nodes with GPUs."""
        return self.image
