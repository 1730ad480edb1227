"""Is anything lost or doubled when `daf score` is killed at random moments and run again?

    python -m benchmarks.reliability.chaos --data DIR --work DIR [--kills 20] [--seed 0] [--s3]
                                           [--rows 1900]

A Ray cluster of three nodes on this machine scores two hours of the degraded pairs in 48 parts.
SIGKILL hits, in turn, the driver, the worker of a task, an encode actor and the raylet of a node,
each after a random number of newly published parts. A killed driver is started again with the same
command. A job that ends before all kills are done begins anew in another folder. Every other job
has fewer actors than cores, so that tasks decode. In the others the actors decode; there an actor
is killed in place of a task's worker. With --s3 everything, audio too, lies on an S3 server behind
a proxy that fails 5 % of the requests.

At the end `daf verify` must pass, and every file must equal that of an undisturbed run. "Work
redone" is how many more recordings were opened than undisturbed runs would open.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ray.cluster_utils import Cluster

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF, daf
from benchmarks.reliability.archives import Archive, on_disk, on_s3
from jobs.parts.actors import EncodeActor, WholePartActor
from jobs.parts.metrics import Timed

ROWS = 1900
ACTORS = 2  # of every other job: they leave one of three cores, so that tasks decode
TARGETS = ("driver", "worker", "actor", "node")
PROCESSES = {"worker": (Timed, WholePartActor), "actor": (EncodeActor, WholePartActor)}
UNDISTURBED = "undisturbed"
JOBS_WITHOUT = 3  # one after the other in which there is nothing to kill: something is wrong


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, manifest and scores")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--rows", type=int, default=ROWS)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_TMPDIR": str(asked.work)}  # a Ray of its own
    make = on_s3 if asked.s3 else on_disk
    with make(asked.data, asked.work, asked.rows) as archive, cluster() as nodes:
        before = archive.opened()
        daf("score", *archive.inputs, "--out", archive.at(UNDISTURBED))
        once = archive.opened() - before
        chaos = Chaos(nodes, archive, random.Random(asked.seed))
        chaos.run(asked.kills)
        redone = (archive.opened() - before - once) / (once * len(chaos.outs)) - 1
        for out in chaos.outs:
            daf("verify", archive.at(out))
        whole = show(chaos, archive, redone)
    sys.exit(0 if whole else 1)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Three nodes: the first stays, the others can be killed."""
    options = {"num_cpus": 1, "object_store_memory": 300_000_000}
    # Nodes of one CPU would end each process that waits a second for its next task.
    keep = {"idle_worker_killing_time_threshold_ms": 600_000}
    head = {**options, "include_dashboard": False, "_system_config": keep}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        nodes.add_node(**options)
    nodes.wait_for_nodes()
    os.environ["RAY_ADDRESS"] = nodes.address
    try:
        yield nodes
    finally:
        nodes.shutdown()


class Chaos:
    """Runs `daf score`, kills it and runs it again, job after job."""

    def __init__(self, nodes: Cluster, archive: Archive, rng: random.Random) -> None:
        self.nodes, self.archive, self.rng = nodes, archive, rng
        self.parts = archive.parts
        self.kills: Counter[str] = Counter()
        self.runs = self.missed = 0
        self.outs: list[str] = []

    def run(self, kills: int) -> None:
        """Kill so many times, then let the last job finish."""
        self.begin()
        while self.kills.total() < kills:
            wanted = self.done() + self.rng.randint(1, 5)
            while self.job.poll() is None and self.done() < wanted:
                time.sleep(0.05)
            if wanted >= self.parts or self.job.poll() is not None:
                self.finish()
                self.begin()
                continue
            target = TARGETS[self.kills.total() % len(TARGETS)]
            while not (killed := self.kill(target)) and self.done() < self.parts:
                time.sleep(0.05)
            if not killed:
                self.missed += 1
                if self.missed == JOBS_WITHOUT:
                    raise SystemExit(
                        f"{self.missed} jobs ended before a process of {target} was found"
                    )
                continue
            self.missed = 0
            self.kills[target] += 1
            print(f"{self.kills.total()}: killed {target}, {self.done()} parts done", flush=True)
            if target == "driver":
                self.job.wait()
                self.start()
        self.finish()

    def begin(self) -> None:
        """Start a job in a new folder."""
        self.outs.append(f"chaos-{len(self.outs)}")
        self.start()

    def start(self) -> None:
        """Run the command, again or for the first time."""
        self.runs += 1
        out = self.archive.at(self.outs[-1])
        actors = ["--actors", str(ACTORS)] if len(self.outs) % 2 else []
        command = [*DAF, "score", *self.archive.inputs, "--out", out, *actors]
        self.job = subprocess.Popen(command, start_new_session=True)

    def finish(self) -> None:
        """Let the job end; run it again where it fails, as a user would."""
        for _ in range(5):
            if self.job.wait() == 0:
                return
            self.start()
        raise SystemExit(f"{self.outs[-1]}: five runs in a row did not end well")

    def done(self) -> int:
        """Parts published so far."""
        return len(self.archive.scores(self.outs[-1]).part_names())

    def kill(self, target: str) -> bool:
        """SIGKILL; False where there is no such process now."""
        if target == "driver":
            os.killpg(self.job.pid, signal.SIGKILL)
        elif target == "node":
            node = self.rng.choice([n for n in self.nodes.list_all_nodes() if not n.is_head()])
            self.nodes.remove_node(node, allow_graceful=False)
            self.add_node()
        else:
            names = [one.__name__ for one in PROCESSES[target]]
            processes = [one for name in names for one in ray_processes(f"({name})")]
            if not processes:
                return False
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rng.choice(processes), signal.SIGKILL)
        return True

    def add_node(self, tries: int = 5) -> None:
        """Put a node in the place of one that was killed; Ray gives it 30 s to start."""
        for left in reversed(range(tries)):
            try:
                self.nodes.add_node(num_cpus=1, object_store_memory=300_000_000)
                return
            except Exception:  # Ray raises plain ones
                if not left:
                    raise


def ray_processes(name: str) -> list[int]:
    """Process ids of the workers of this script's own Ray whose task or actor has `name` in its
    name.
    """
    ours = f"RAY_TMPDIR={os.environ['RAY_TMPDIR']}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().decode(errors="replace")
            own = ours in path.with_name("environ").read_bytes()
            if own and command.startswith("ray::") and name in command:
                found.append(int(path.parent.name))
    return found


def show(chaos: Chaos, archive: Archive, redone: float) -> bool:
    """Print the table; returns whether no row is lost or doubled and no file differs."""
    undisturbed = archive.contents(UNDISTURBED)
    lost = doubled = differing = 0
    for out in chaos.outs:
        disturbed = archive.contents(out)
        names = {*undisturbed, *disturbed}
        differing += sum(undisturbed.get(name) != disturbed.get(name) for name in names)
        utterances = archive.utterances(out)
        lost += archive.rows - len(utterances)
        doubled += utterances.total() - len(utterances)
    print(f"\nkills survived  {chaos.kills.total()} ({dict(chaos.kills)})")
    print(f"jobs, runs      {len(chaos.outs)} of {chaos.parts} parts, {chaos.runs}")
    print(f"rows lost       {lost}")
    print(f"rows doubled    {doubled}")
    print(f"files that differ from the undisturbed run's  {differing} of {len(undisturbed)} a job")
    print(f"work redone     {100 * redone:.1f} %")
    return not (lost or doubled or differing)


if __name__ == "__main__":
    main()
