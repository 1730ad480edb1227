"""Ray nodes on one Linux machine, each in a network namespace with an address of its own.

    with NetworkNodes(work, workers=2) as nodes:
        nodes.popen(["daf", "score", …])
        nodes.kill(1)

With `tokens=True` every client and node needs the token of `environment`, and the head has a job
server at JOBS.

Needs root and iproute2. A bridge in a namespace of its own connects the nodes: nothing else of the
machine's network is touched.
"""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

PREFIX = "dafnode"
BRIDGE = f"{PREFIX}-bridge"
ADDRESS = "10.79.0.{}"
PORT = 6390
STORE_BYTES = 300_000_000
JOBS = f"http://{ADDRESS.format(10)}:8265"


class NetworkNodes:
    """A head (node 0) of one CPU and workers (nodes 1, 2 …) of two CPUs each, while it is open."""

    def __init__(self, work: Path, workers: int, tokens: bool = False) -> None:
        self.folder = work / "ray-nodes"
        self.workers = workers
        self.environment = {**os.environ, "RAY_ADDRESS": f"{ADDRESS.format(10)}:{PORT}"}
        self.environment |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
        self.tokens = tokens
        if tokens:
            self.environment |= {
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN": secrets.token_hex(32),
                "RAY_API_SERVER_ADDRESS": JOBS,
            }

    def __enter__(self) -> "NetworkNodes":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove()
        try:
            ip("netns", "add", BRIDGE)
            ip("-n", BRIDGE, "link", "add", "bridge", "type", "bridge")
            ip("-n", BRIDGE, "link", "set", "bridge", "up")
            for number in range(1 + self.workers):
                self._connect(number)
                self._start_ray(number)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._remove()

    def popen(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a command on the head, which joins these nodes' Ray."""
        return subprocess.Popen(in_namespace(0, command), env=self.environment)

    def kill(self, number: int) -> None:
        """SIGKILL to every process of a node."""
        kill_all(f"{PREFIX}{number}")

    def _connect(self, number: int) -> None:
        node, own, other = f"{PREFIX}{number}", f"dafin{number}", f"dafout{number}"
        ip("netns", "add", node)
        ip("-n", node, "link", "set", "lo", "up")
        peer = ["peer", "name", other, "netns", BRIDGE]
        ip("link", "add", own, "netns", node, "type", "veth", *peer)
        ip("-n", BRIDGE, "link", "set", other, "master", "bridge")
        ip("-n", BRIDGE, "link", "set", other, "up")
        ip("-n", node, "addr", "add", f"{ADDRESS.format(10 + number)}/24", "dev", own)
        ip("-n", node, "link", "set", own, "up")
        ip("-n", node, "route", "add", "default", "dev", own)  # Ray finds its address by a route

    def _start_ray(self, number: int) -> None:
        ray = str(Path(sys.executable).with_name("ray"))
        where = [f"--node-ip-address={ADDRESS.format(10 + number)}", "--disable-usage-stats"]
        where += [f"--object-store-memory={STORE_BYTES}"]
        if number == 0:
            role = ["--head", f"--port={PORT}", "--num-cpus=1", f"--temp-dir={self.folder}"]
            role += [f"--include-dashboard={str(self.tokens).lower()}"]
            role += [f"--dashboard-host={ADDRESS.format(10)}"] * self.tokens
        else:
            role = [f"--address={ADDRESS.format(10)}:{PORT}", "--num-cpus=2"]
        environment = {name: v for name, v in self.environment.items() if name != "RAY_ADDRESS"}
        command = in_namespace(number, [ray, "start", *role, *where])
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)

    def _remove(self) -> None:
        nodes = [f"{PREFIX}{number}" for number in range(1 + self.workers)]
        there = set(ip("netns", "list").replace("\n", " ").split())
        for node in there.intersection(nodes):
            kill_all(node)
        time.sleep(1)  # a namespace goes when its last process has
        for name in there.intersection([*nodes, BRIDGE]):
            ip("netns", "del", name)


def ip(*arguments: str) -> str:
    """Run `ip`; returns what it prints."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def in_namespace(number: int, command: list[str]) -> list[str]:
    """The command that runs `command` on a node."""
    return ["ip", "netns", "exec", f"{PREFIX}{number}", *command]


def kill_all(namespace: str) -> None:
    """SIGKILL to every process in a network namespace."""
    for process in ip("netns", "pids", namespace).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
