"""Does `daf score` survive the loss of a node? Three Ray nodes, each with an address of its own.

    python -m benchmarks.reliability.nodes --data DIR --work DIR        (as root, with iproute2)

Scores the first rows of the degraded pairs, in 48 parts, on one node, on three nodes, and on three
nodes of which one is killed with all its processes once a third of the parts is done. The nodes
share nothing but the disk. All files must be equal, and `daf verify` must pass.
"""

import os
import shutil
import sys
import time

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF, daf
from benchmarks.reliability.archives import Archive, on_disk
from benchmarks.reliability.network_nodes import NetworkNodes

ROWS = 1900
WORKERS = 2


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, manifest and scores")
    asked = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("ip") is None:
        sys.exit("expected root and the program `ip` (iproute2), which make network namespaces")
    asked.work.mkdir(parents=True, exist_ok=True)
    same = True
    with on_disk(asked.data, asked.work, ROWS) as archive:
        os.environ |= {"RAY_ADDRESS": "local", "RAY_TMPDIR": str(asked.work)}
        daf("score", *archive.inputs, "--out", archive.at("one"))
        del os.environ["RAY_ADDRESS"], os.environ["RAY_TMPDIR"]
        one = archive.contents("one")
        for out, lost in (("three", None), ("lost", WORKERS)):
            with NetworkNodes(asked.work, WORKERS) as nodes:
                score(archive, nodes, out, lost)
            daf("verify", archive.at(out))
            other = archive.contents(out)
            differing = sum(one.get(name) != other.get(name) for name in {*one, *other})
            print(f"{out:6} files that differ from one node's: {differing} of {len(one)}")
            same = same and not differing
    sys.exit(0 if same else 1)


def score(archive: Archive, nodes: NetworkNodes, out: str, lost: int | None) -> None:
    """Score on the nodes; kill node `lost`, if there is one, after a third of the parts."""
    began = time.monotonic()
    job = nodes.popen([*DAF, "score", *archive.inputs, "--out", archive.at(out)])
    while lost is not None and job.poll() is None:
        done = len(archive.scores(out).part_names())
        if done >= archive.parts / 3:
            nodes.kill(lost)
            print(f"node {lost} killed with {done} of {archive.parts} parts done", flush=True)
            lost = None
        time.sleep(0.1)
    if job.wait() or lost is not None:
        sys.exit(f"{out}: exit status {job.returncode}, node still to be killed: {lost}")
    print(f"{out}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
