"""Kill `daf score` at random moments, run it again, and see that nothing is lost or doubled.

    python benchmarks/chaos.py --work /tmp/daf-chaos [--kills 20] [--seed 0] [--s3]

A Ray cluster of three nodes on this machine; two hours of the degraded pairs in 48 parts; SIGKILL
to the driver, a task's worker, an encode actor or a node's raylet, in turn, each after a random
number of newly published parts, while there is work left. A job that is done before all kills are
is begun again in another folder. With --s3 everything but the audio lies on an S3 server, behind a
proxy that fails 5 % of the requests. At the end `daf verify` passes, and every file equals that of
an undisturbed run. Work redone: recordings opened more often than undisturbed runs would.
"""

import argparse
import contextlib
import csv
import ctypes
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import fsspec
from pairs import degraded_pairs
from ray.cluster_utils import Cluster

from daf_core import runs, tables
from daf_core.encoders.weights import resolve
from daf_core.heads import build, files
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

DAF = [sys.executable, "-c", "from jobs.cli import main; main()"]
ROWS, PART_MINUTES = 1900, 2.5
TARGETS = ("driver", "worker", "actor", "node")
IN_OPEN = 0x20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--s3", action="store_true")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_TMPDIR": str(asked.work)}  # a Ray of its own
    with place_of_output(asked) as place:
        manifest, head = tables.join(place, "manifest"), tables.join(place, "head")
        save_head(head)
        audio = ingest(asked.work, manifest)
        with cluster() as nodes, opened_in(audio) as opened:
            daf("score", "--manifest", manifest, "--head", head, "--out", f"{place}/undisturbed")
            once = opened()
            chaos = Chaos(nodes, manifest, head, f"{place}/chaos", random.Random(asked.seed))
            chaos.run(asked.kills)
            redone = (opened() - once) / (once * len(chaos.outs)) - 1
            for out in chaos.outs:
                daf("verify", "--manifest", manifest, "--scores", out)
        tell(chaos, place, redone)


@contextlib.contextmanager
def place_of_output(asked: argparse.Namespace) -> Iterator[str]:
    """A new folder, or a new prefix in a bucket behind a faulty proxy."""
    name = f"run-{int(time.time())}"
    if not asked.s3:
        yield str(asked.work / name)
        return
    from faulty_s3 import FaultyS3

    with FaultyS3(asked.work / name, rate=0.05, seed=asked.seed) as store:
        os.environ |= store.environment
        fsspec.filesystem("s3").mkdir("chaos")
        yield f"s3://chaos/{name}"
        print(f"faults injected: {store.faults()}")


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


@contextlib.contextmanager
def opened_in(folders: list[str]) -> Iterator:
    """How many files were opened in the folders so far, as the kernel tells (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(os.O_NONBLOCK)
    for folder in folders:
        if libc.inotify_add_watch(handle, folder.encode(), IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")
    total = 0

    def opened() -> int:
        nonlocal total
        with contextlib.suppress(BlockingIOError):
            while events := os.read(handle, 1 << 20):
                at = 0
                while at < len(events):
                    _, _, _, length = struct.unpack_from("iIII", events, at)
                    at += 16 + length
                    total += 1
        return total

    yield opened
    os.close(handle)


def ingest(work: Path, manifest: str) -> list[str]:
    """The first rows of the pairs as a manifest; returns the folders of their audio."""
    source = degraded_pairs(work, 7)
    few = source.with_name("chaos.csv")
    with source.open() as table, few.open("w") as shorter:
        for _, line in zip(range(ROWS + 1), table, strict=False):
            shorter.write(line)
    with few.open() as table:
        column = "audio_path"
        paths = [row[column] for row in csv.DictReader(table) if row[column]]
    daf("ingest", few, "--out", manifest, "--part-minutes", PART_MINUTES)
    return sorted({os.path.dirname(os.path.join(source.parent, path)) for path in paths})


def save_head(place: str) -> None:
    """An untrained head: what it says does not matter here."""
    files.save(
        place,
        build("daf", {"text": (7, 384), "audio": (5, 768)}, 16),
        kind="daf",
        width=16,
        streams={"text": (7, 384), "audio": (5, 768)},
        encoders={"text": resolve(TEXT_ENCODER), "audio": resolve(AUDIO_ENCODER)},
        facts={},
    )


def daf(*arguments: object) -> None:
    """Run a command to its end; it must end well."""
    print("daf", *arguments, flush=True)
    subprocess.run([*DAF, *map(str, arguments)], check=True)


class Chaos:
    """Runs of `daf score` that are killed and run again, one after the other."""

    def __init__(
        self, nodes: Cluster, manifest: str, head: str, out: str, rng: random.Random
    ) -> None:
        self.nodes, self.base, self.rng = nodes, out, rng
        self.inputs = ["--manifest", manifest, "--head", head]
        self.parts = len(tables.list_parts(manifest))
        self.kills: Counter[str] = Counter()
        self.runs = 0
        self.outs: list[str] = []

    def run(self, kills: int) -> None:
        """Kill so often, then let the last job finish."""
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
            while not self.kill(target):
                time.sleep(0.05)
            self.kills[target] += 1
            print(f"{self.kills.total()}: killed {target}, {self.done()} parts done", flush=True)
            if target == "driver":
                self.job.wait()
                self.start()
        self.finish()

    def begin(self) -> None:
        """A job with nothing done yet."""
        self.outs.append(f"{self.base}-{len(self.outs)}")
        self.start()

    def start(self) -> None:
        """Run the command, again or for the first time."""
        self.runs += 1
        command = [*DAF, "score", *self.inputs, "--out", self.outs[-1]]
        self.job = subprocess.Popen(command, start_new_session=True)

    def finish(self) -> None:
        """Let the job end; run it again where it did not end well, as its user would."""
        for _ in range(5):
            if self.job.wait() == 0:
                return
            self.start()
        raise SystemExit(f"{self.outs[-1]}: five runs in a row did not end well")

    def done(self) -> int:
        """Parts published so far."""
        return len(tables.list_parts(runs.scores_output(self.outs[-1]).parts_uri))

    def kill(self, target: str) -> bool:
        """SIGKILL; False where there is none to kill now."""
        if target == "driver":
            os.killpg(self.job.pid, signal.SIGKILL)
        elif target == "node":
            node = self.rng.choice([n for n in self.nodes.list_all_nodes() if not n.is_head()])
            self.nodes.remove_node(node, allow_graceful=False)
            self.nodes.add_node(num_cpus=1, object_store_memory=300_000_000)
        else:
            processes = ray_processes("Encode" if target == "actor" else "Part")
            if not processes:
                return self.job.poll() is not None
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rng.choice(processes), signal.SIGKILL)
        return True


def ray_processes(name: str) -> list[int]:
    """Workers of this script's own Ray that are at a task or actor with `name` in its name."""
    ours = f"RAY_TMPDIR={os.environ['RAY_TMPDIR']}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().decode(errors="replace")
            own = ours in path.with_name("environ").read_bytes()
            if own and command.startswith("ray::") and name in command:
                found.append(int(path.parent.name))
    return found


def tell(chaos: Chaos, place: str, redone: float) -> None:
    """Compare every file and print the table; exit status 1 where anything differs."""
    undisturbed = contents(f"{place}/undisturbed")
    lost = doubled = differing = 0
    for out in chaos.outs:
        disturbed = contents(out)
        names = {*undisturbed, *disturbed}
        differing += sum(undisturbed.get(name) != disturbed.get(name) for name in names)
        ids = Counter(ids_in(out))
        lost += ROWS - len(ids)
        doubled += ids.total() - len(ids)
    print(f"\nkills survived  {chaos.kills.total()} ({dict(chaos.kills)})")
    print(f"jobs, runs      {len(chaos.outs)} of {chaos.parts} parts, {chaos.runs}")
    print(f"rows lost       {lost}")
    print(f"rows doubled    {doubled}")
    print(f"files that differ from the undisturbed run's  {differing} of {len(undisturbed)} a job")
    print(f"work redone     {100 * redone:.1f} %")
    sys.exit(bool(differing or doubled or lost))


def ids_in(out: str) -> Iterator[str]:
    """The utterance of every row in scores and quarantine."""
    for folder in ("scores", "quarantine"):
        for part in tables.list_parts(f"{out}/{folder}"):
            rows, _ = tables.read(f"{out}/{folder}/{part}", folder, ["utterance_id"])
            yield from rows["utterance_id"].to_pylist()


def contents(root: str) -> dict[str, bytes]:
    """Every Parquet file under a folder of scores."""
    fs, path = tables.filesystem(root)
    names = [name for name in fs.find(path) if name.endswith(".parquet")]
    return {name.split(path)[-1]: fs.cat_file(name) for name in names}


if __name__ == "__main__":
    main()
