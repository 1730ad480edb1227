"""Checks of the Ray that jobs would join: its nodes, each looked at from within."""

import time
from collections import Counter
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from daf_core.decimals import number_of
from jobs.doctor.finding import FAULT, GIB, OK, Finding
from jobs.doctor.machine import interpreter, of_machine
from jobs.ray_session import ray_session

NODES_WITHIN_S = 60.0  # to start a process on each and to load what the checks need


def of_cluster(gpu: bool) -> list[Finding]:
    """What the nodes of the Ray are, and what is wrong on each; gpu: one is expected.

    Raises:
        NotDone: the Ray does not answer.
    """
    with ray_session():
        nodes = [node for node in ray.nodes() if node["Alive"]]
        total = _total([node["Resources"] for node in nodes])
        found = [Finding("cluster", OK, _said(len(nodes), total))]
        if gpu and not total["GPU"]:
            found.append(Finding("gpu", FAULT, "expected a GPU on a node of the Ray, found none"))
        look = ray.remote(num_cpus=0, max_retries=0)(_look)
        running = [
            look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            ).remote()
            for node in nodes
        ]
        until = time.monotonic() + NODES_WITHIN_S
        looked = [_result(task, until) for task in running]
    versions = Counter(version for version, _ in looked if version)
    for node, (version, findings) in zip(nodes, looked, strict=True):
        name = f"{node['NodeManagerAddress']} ({node['NodeID'][:8]})"
        found += _of_node(name, version, findings, versions)
    return found


def _look() -> tuple[str, list[Finding]]:
    return interpreter(), of_machine()


def _result(task: Any, until: float) -> tuple[str, list[Finding]]:
    left_s = max(0.0, until - time.monotonic())
    try:
        result: tuple[str, list[Finding]] = ray.get(task, timeout=left_s)
    except Exception as err:  # of Ray, or of code that is missing there
        first_line = str(err).partition("\n")[0]
        return "", [Finding("node", FAULT, f"no check could run there: {first_line}")]
    return result


def _of_node(
    name: str, version: str, findings: list[Finding], versions: "Counter[str]"
) -> list[Finding]:
    """One line for a node on which all is well, else one for each thing that is not."""
    wrong = [one for one in findings if one.state != OK]
    if version and version != (usual := versions.most_common(1)[0][0]):
        wrong.append(Finding("versions", FAULT, f"expected {usual}, as on others, found {version}"))
    if not wrong:
        said = {one.check: one.said for one in findings}
        return [Finding("node", OK, f"{name}: {version}; {said['processors']}; {said['memory']}")]
    return [Finding("node", one.state, f"{name}, {one.check}: {one.said}") for one in wrong]


def _total(nodes: list[dict[str, float]]) -> dict[str, float]:
    """What nodes, given by their resources, have together."""
    return {name: sum(node.get(name, 0.0) for node in nodes) for name in ("CPU", "GPU", "memory")}


def _said(nodes: int, total: dict[str, float]) -> str:
    return (
        f"Ray {ray.__version__} with {number_of(nodes, 'node')}: {total['CPU']:g} CPU, "
        f"{total['GPU']:g} GPU, {total['memory'] / GIB:.0f} GiB"
    )
