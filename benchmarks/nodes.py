"""Three Ray nodes in network namespaces of their own, one lost in the middle of `daf score`.

    python benchmarks/nodes.py --work /tmp/daf-nodes        (as root: it makes the namespaces)

The first rows of the degraded pairs in 48 parts: scored on one node, on three, and on three of
which one is killed with all its processes once a third of the parts is done. Nothing is shared but
the disk that the paths name. All files are equal, and `daf verify` passes.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archives import DAF, Archive, daf, on_disk
from pairs import SHARED

from daf_core.storage import parquet

ROWS = 1900
THREE_NODES = SHARED / "tools" / "three_nodes.sh"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    asked = parser.parse_args()
    if not THREE_NODES.exists() or os.geteuid() != 0:
        sys.exit(f"skipped: this needs root and {THREE_NODES}")
    asked.work.mkdir(parents=True, exist_ok=True)
    os.environ |= {"RAY": str(Path(sys.executable).with_name("ray")), "TMPDIR": str(asked.work)}
    with on_disk(asked.work, ROWS) as archive:
        os.environ |= {"RAY_ADDRESS": "local", "RAY_TMPDIR": str(asked.work)}
        daf("score", *archive.inputs, "--out", archive.at("one"))
        del os.environ["RAY_ADDRESS"], os.environ["RAY_TMPDIR"]
        for out, node in (("three", None), ("lost", 2)):
            with three_nodes():
                score(archive, out, node)
            daf("verify", "--manifest", archive.at("manifest"), "--scores", archive.at(out))
        one = archive.contents("one")
        for out in ("three", "lost"):
            other = archive.contents(out)
            differing = sum(one.get(name) != other.get(name) for name in {*one, *other})
            print(f"{out:6} files that differ from one node's: {differing} of {len(one)}")


@contextmanager
def three_nodes() -> Iterator[None]:
    """The nodes are up while the context is open."""
    subprocess.run([THREE_NODES, "up"], check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run([THREE_NODES, "down"], check=True)


def score(archive: Archive, out: str, lost: int | None) -> None:
    """Score on the three nodes, and lose one of them if asked to."""
    began = time.monotonic()
    command = [*DAF, "score", *archive.inputs, "--out", archive.at(out)]
    job = subprocess.Popen([THREE_NODES, "run", *command])
    while lost is not None and job.poll() is None:
        done = len(parquet.list_parts(archive.at(f"{out}/scores")))
        if done >= archive.parts / 3:
            subprocess.run([THREE_NODES, "kill", str(lost)], check=True)
            print(f"node {lost} killed with {done} of {archive.parts} parts done", flush=True)
            lost = None
        time.sleep(0.1)
    if job.wait() or lost is not None:
        sys.exit(f"{out}: exit status {job.returncode}, node to lose: {lost}")
    print(f"{out}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
