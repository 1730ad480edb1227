"""Does a cluster with tokens take a job, show it, cancel it, and go on with it?

    python -m benchmarks.reliability.cluster_jobs --work DIR        (as root, with iproute2)

Three Ray nodes in network namespaces, with tokens and Ray's job server. Without the token, or with
another, no job is listed or submitted and no Ray is joined. With it `ray job submit` scores the
demo corpus; the job is watched by Ray's status and by the file of its attempt, cancelled by `ray
job stop` once a third of its parts is done, and submitted again. What it then says it did before
must be what was there, `daf verify` must pass, and all files must equal those of one process.
All that DIR holds is deleted first.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF, daf
from benchmarks.reliability.network_nodes import NetworkNodes, in_namespace
from benchmarks.reliability.signals import contents

RAY = str(Path(sys.executable).with_name("ray"))
STATUSES = ("SUCCEEDED", "FAILED", "STOPPED", "RUNNING", "PENDING")
PATIENCE_S = 300.0


def main() -> None:
    parser = parser_for(__doc__, work="a manifest, scores and Ray's files")
    asked = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("ip") is None:
        sys.exit("expected root and the program `ip` (iproute2), which make network namespaces")
    shutil.rmtree(asked.work, ignore_errors=True)
    os.environ.pop("RAY_ADDRESS", None)
    corpus = resources.files("jobs") / "demo_corpus"
    daf("ingest", corpus, "--out", asked.work / "manifest", "--part-minutes", 0.2)
    score = ["score", "--manifest", str(asked.work / "manifest"), "--offline", "--no-report"]
    daf(*score, "--out", asked.work / "one", "--local")
    score += ["--out", str(asked.work / "cluster")]
    with NetworkNodes(asked.work, workers=2, tokens=True) as nodes:
        good = refusals(nodes, score) and resumed(nodes, score, asked.work)
    daf("verify", asked.work / "cluster")
    one, other = contents(asked.work / "one"), contents(asked.work / "cluster")
    differing = sum(one.get(name) != other.get(name) for name in {*one, *other})
    print(f"files that differ from one process's: {differing} of {len(one)}")
    sys.exit(0 if good and not differing else 1)


def refusals(nodes: NetworkNodes, score: list[str]) -> bool:
    """Whether nothing is told or done without the token."""
    good, without = True, {**nodes.environment}
    del without["RAY_AUTH_TOKEN"]
    nothing, another = {"RAY_AUTH_TOKEN_PATH": "/nowhere"}, {"RAY_AUTH_TOKEN": "0" * 64}
    for what, token in (("no token", nothing), ("another token", another)):
        commands = {
            "ray job list": [RAY, "job", "list"],
            "ray job submit": [RAY, "job", "submit", "--no-wait", "--", "true"],
            "daf score": [*DAF, *score],
        }
        for name, command in commands.items():
            began = time.monotonic()
            ended = subprocess.run(
                in_namespace(0, command), env=without | token, capture_output=True, text=True
            )
            said = (ended.stderr or ended.stdout).strip().splitlines()[-1]
            took_s = time.monotonic() - began
            print(f"{name}, {what}: status {ended.returncode} after {took_s:.1f} s: {said[:150]}")
            good = good and ended.returncode != 0
    return good


def resumed(nodes: NetworkNodes, score: list[str], work: Path) -> bool:
    """Submit, watch, cancel and submit again; whether the second job went on with the first's
    parts.
    """
    parts = len(list((work / "manifest/manifest").glob("*.parquet")))
    scores = work / "cluster/scores"

    def done() -> int:
        return len(list(scores.glob("*.parquet")))

    submit(nodes, "first", score)
    wait_until(lambda: done() >= parts / 3)
    print(f"first: {status(nodes, 'first')}, {done()} of {parts} parts; {attempt(work)}")
    began = time.monotonic()
    said = ray(nodes, "job", "stop", "first")
    print(f"ray job stop: {time.monotonic() - began:.1f} s; {said.splitlines()[-1]}")
    print(f"first: {status(nodes, 'first')}, {done()} of {parts} parts; {attempt(work)}")
    print(f"  it said last: {ray(nodes, 'job', 'logs', 'first').strip().splitlines()[-1]}")
    before = done()
    submit(nodes, "second", score)
    wait_until(lambda: done() == parts and '"how": null' not in attempt(work))
    log = ray(nodes, "job", "logs", "second", "--follow")
    (line,) = [line for line in log.splitlines() if "scored, " in line and "rows in" in line]
    print(f"second: {status(nodes, 'second')}, {before} of {parts} parts were there; {line}")
    return status(nodes, "second") == "SUCCEEDED" and f"{before} parts were done before" in line


def wait_until(happened: Callable[[], bool]) -> None:
    """Until something has happened; asks no program of Ray, which takes seconds of a core."""
    until = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > until:
            sys.exit("a job does not come on")
        time.sleep(0.2)


def submit(nodes: NetworkNodes, name: str, score: list[str]) -> None:
    """Submit a job of this name to the head's job server."""
    command = shlex.join([*DAF, *score])
    print(f"ray job submit {name}: ", end="", flush=True)
    words = ["job", "submit", "--no-wait", "--submission-id", name, "--", *shlex.split(command)]
    print(next(line for line in ray(nodes, *words).splitlines() if name in line).strip())


def status(nodes: NetworkNodes, name: str) -> str:
    """What Ray says of a job, in whatever case and colours."""
    said = ray(nodes, "job", "status", name).upper()
    return next((one for one in STATUSES if one in said), "unknown")


def attempt(work: Path) -> str:
    """How far the newest attempt is, by its file."""
    newest = max((work / "cluster/attempts").glob("*.json"))
    said = json.loads(newest.read_text())
    return json.dumps({name: said.get(name) for name in ("parts", "of", "updated", "how")})


def ray(nodes: NetworkNodes, *words: str) -> str:
    """Run `ray` on the head; returns what it prints."""
    ended = subprocess.run(
        in_namespace(0, [RAY, *words]), env=nodes.environment, capture_output=True, text=True
    )
    return ended.stdout + ended.stderr


if __name__ == "__main__":
    main()
