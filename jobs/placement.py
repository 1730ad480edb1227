"""Whether a Ray has room for what a job asks for: what it cannot place would wait for ever."""

import time
from dataclasses import dataclass

import ray

from daf_core.errors import NotDone, SettingsError
from jobs.ray_address import named_address

BUSY_WITHIN_S = 20.0  # that others may still hold what there is
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Asked:
    """So many processes, each with these resources on one node; `setting` asks for them."""

    setting: str
    number: int
    each: dict[str, float]

    def __str__(self) -> str:
        each = " and ".join(f"{value:g} {name}" for name, value in self.each.items() if value)
        return f"{self.number} process{'' if self.number == 1 else 'es'} with {each} each"


def check_placement(asked: Asked) -> bool:
    """Check that the Ray can place what is asked for, now or once it has grown; returns whether it
    must grow first.

    Raises:
        SettingsError: it cannot, however long it is waited for.
        NotDone: it can, but other jobs hold what there is.
    """
    totals = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if _fit(asked, totals) < asked.number:
        most = _most()
        if most is not None and all(
            most.get(name, 0) >= asked.number * value for name, value in asked.each.items()
        ):
            return True
        raise SettingsError(
            f"{asked.setting}: expected room for {asked}, the Ray has {_said(totals)}"
            f"{'' if most is None else ', and may not grow that far'}; ask for less, or name "
            f"another cluster in RAY_ADDRESS"
        )
    until = time.monotonic() + BUSY_WITHIN_S
    while not _fit(replace_number(asked, 1), free := _free()):
        if time.monotonic() > until:
            raise NotDone(
                f"{asked.setting}: expected room for {asked}, other jobs on this Ray leave "
                f"{_said(free)} of {_said(totals)}; run the same command again later"
            )
        time.sleep(_LOOK_EVERY_S)
    return False


def check_machine(asked: Asked) -> None:
    """Refuse what this machine lacks before a Ray is started on it, which takes seconds. One that
    is joined, or runs already, is asked itself (`check_placement`).

    Raises:
        SettingsError: a Ray would be started here, and could not place what is asked for.
    """
    if ray.is_initialized() or named_address() is not None:
        return
    here = {"CPU": float(ray._private.utils.get_num_cpus()), "GPU": 0.0}
    if asked.each.get("GPU"):
        import torch  # takes seconds

        here["GPU"] = float(torch.cuda.device_count())
    if _fit(asked, [here]) < asked.number:
        raise SettingsError(
            f"{asked.setting}: expected room for {asked}, this machine has {here['CPU']:g} CPU and "
            f"{here['GPU']:g} GPU; ask for less, or name a cluster in RAY_ADDRESS"
        )


def replace_number(asked: Asked, number: int) -> Asked:
    """The same for another number of processes."""
    return Asked(asked.setting, number, asked.each)


def _fit(asked: Asked, nodes: list[dict[str, float]]) -> int:
    """How many of the processes fit on the nodes; only as many as are asked for are counted."""
    wanted = {name: value for name, value in asked.each.items() if value}
    fitting = (
        min(int(node.get(name, 0.0) / value + 1e-9) for name, value in wanted.items())
        for node in nodes
    )
    return min(sum(fitting), asked.number)


def _free() -> list[dict[str, float]]:
    return [*ray._private.state.available_resources_per_node().values()]


def _most() -> dict[str, float] | None:
    """What an autoscaler may let the Ray grow to; None: the Ray does not grow."""
    found: dict[str, float] | None = (
        ray._private.state.state.get_max_resources_from_cluster_config()
    )
    return found


def _said(nodes: list[dict[str, float]]) -> str:
    totals = {name: sum(node.get(name, 0.0) for node in nodes) for name in ("CPU", "GPU")}
    memory = sum(node.get("memory", 0.0) for node in nodes) / 2**30
    several = "" if len(nodes) == 1 else "s"
    return (
        f"{len(nodes)} node{several} with {totals['CPU']:g} CPU, {totals['GPU']:g} GPU and "
        f"{memory:.0f} GiB"
    )
