"""Run a job and watch the memory of all its processes."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

DRIVER, STORE, RAY = "driver", "object store", "Ray itself"
RAY_WORKER = ("ray::Map", "ray::IDLE", "ray::_", "ray::Actor")
INTERVAL_S = 0.1

Sample = Counter[str]  # process → bytes


def watched(command: list[object], ray_folder: Path) -> tuple[float, list[Sample]]:
    """Run a command to its end; returns its seconds, and a sample every INTERVAL_S.

    The command gets a Ray of its own in `ray_folder`. A sample has the memory that each process has
    to itself, and the object store that all of them share. Ends the program where the command
    fails.
    """
    ours = {"RAY_TMPDIR": str(ray_folder), "RAY_ADDRESS": "local"}
    started = time.perf_counter()
    job = subprocess.Popen([*map(str, command)], env=os.environ | ours)
    samples = []
    while job.poll() is None:
        samples.append(Sample())
        for process, size in _memory(job.pid, f"RAY_TMPDIR={ray_folder}\0".encode()):
            samples[-1][process] += size
        time.sleep(INTERVAL_S)
    if job.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with status {job.returncode}")
    return time.perf_counter() - started, samples


def peaks(samples: list[Sample]) -> Sample:
    """The most that each process held at any time."""
    most = Sample()
    for sample in samples:
        most |= sample
    return most


def by_role(sample: Sample) -> Sample:
    """The sample with all workers added up: driver, workers, object store, Ray itself."""
    added = Sample()
    for process, size in sample.items():
        added[process if process in (DRIVER, STORE, RAY) else "workers"] += size
    return added


def _memory(driver: int, mark: bytes) -> Iterator[tuple[str, int]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (path / "environ").read_bytes():
                continue
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
            own, shared = (int(status[key].split()[0]) * 1024 for key in ("RssAnon", "RssShmem"))
        except (OSError, KeyError):
            continue
        if int(path.name) == driver:
            yield DRIVER, own
        elif "multiprocessing" in command or command.startswith(RAY_WORKER):
            yield f"worker {path.name}", own
        else:
            yield RAY, own
            if "raylet/raylet" in command:
                yield STORE, shared
