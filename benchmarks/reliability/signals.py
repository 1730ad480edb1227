"""Does every command end when it is asked to, and go on when it is run again?

    python -m benchmarks.reliability.signals --work DIR [--moments 10] [--seed 0] [--only NAME …]

Each command works on the demo corpus: once undisturbed, and then for each moment in a new folder.
At a moment drawn between its first half second (before, the system may end it without a word) and
its end it gets SIGTERM, as a scheduler sends it (to
the process alone), or SIGINT, as a terminal does (to the whole group), in turn. It must end within
30 seconds with status 143 or 130, say how to go on, and leave no process behind. The same command
again must end well, with the bytes of the undisturbed run. One that was done before the signal came
must have ended well. All that DIR holds is deleted first.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF
from benchmarks.reliability.processes import MARK, marked
from jobs.command.stopping import AGAIN

WITHIN_S = 30.0
PATIENCE_S = 120.0  # with a command that does not end, which is then killed
BEGUN_S = 0.5
LEFT_WITHIN_S = 10.0  # until the last process has noticed that its command has ended
READ_BY_OTHERS = ("ingest", "embed-local")
STATUSES = {signal.SIGTERM: 143, signal.SIGINT: 130}


@dataclass(frozen=True)
class Disturbed:
    """What one signal did to a command, and what the same command did afterwards."""

    command: str
    at_s: float
    signal: str
    ended_after_s: float
    status: int
    says_how_to_go_on: bool
    processes_left: int
    again: int
    bytes_equal: bool

    def is_good(self) -> bool:
        """Whether all is as promised."""
        stopped = self.says_how_to_go_on and self.status == STATUSES[signal.Signals[self.signal]]
        whole = self.again == 0 and self.bytes_equal and not self.processes_left
        return (stopped or self.status == 0) and whole and self.ended_after_s <= WITHIN_S


def main() -> None:
    parser = parser_for(__doc__, work="all outputs")
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="such as score-ray")
    asked = parser.parse_args()
    os.environ.pop("RAY_ADDRESS", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # commands must not begin to ignore it
    shutil.rmtree(asked.work, ignore_errors=True)
    rng, found = random.Random(asked.seed), []
    for name, arguments in commands(asked.work).items():
        if asked.only and name not in {*asked.only, *READ_BY_OTHERS}:
            continue
        took_s = undisturbed(name, arguments, asked.work / name)
        if asked.only and name not in asked.only:
            continue
        for number in range(asked.moments):
            one = list(STATUSES)[number % 2]
            found.append(disturb(name, arguments, asked.work, rng.uniform(BEGUN_S, took_s), one))
            print(found[-1], flush=True)
    rows = [{key.replace("_", " "): value for key, value in asdict(one).items()} for one in found]
    print(tabulate(rows, headers="keys", tablefmt="github", floatfmt=".1f"))
    bad = [one for one in found if not one.is_good()]
    print(f"\n{len(found)} signals, {len(bad)} of them not as promised")
    sys.exit(1 if bad else 0)


def commands(work: Path) -> dict[str, list[str]]:
    """Name → arguments, without --out; some read what undisturbed ones before them have made."""
    corpus = str(resources.files("jobs") / "demo_corpus")
    labels, manifest = f"{corpus}/labels.csv", f"{work}/ingest"
    ingest = ["ingest", corpus, "--labels", labels, "--part-minutes", "0.2"]
    embed = ["embed", "--manifest", manifest, "--offline"]
    train = ["train", "--embeddings", f"{work}/embed-local", "--batch-rows", "16"]
    score = ["score", "--manifest", manifest, "--offline"]
    both = {"embed": embed, "train": train, "score": score}
    where = ("local", "ray")
    return {"ingest": ingest} | {
        f"{name}-{place}": [*made, f"--{place}"] for name, made in both.items() for place in where
    }


def undisturbed(name: str, arguments: list[str], out: Path) -> float:
    """Run a command to its end; returns the seconds that it took."""
    began = time.monotonic()
    subprocess.run([*DAF, *arguments, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    took_s = time.monotonic() - began
    print(f"{name}: {took_s:.1f} s undisturbed", flush=True)
    return took_s


def disturb(
    name: str, arguments: list[str], work: Path, at_s: float, number: signal.Signals
) -> Disturbed:
    """Send a command a signal at a moment, then run it again."""
    out = work / f"{name}-disturbed"
    shutil.rmtree(out, ignore_errors=True)
    command = [*DAF, *arguments, "--out", str(out)]
    mark = f"{name}-{at_s}"
    job = subprocess.Popen(
        command,
        env=os.environ | {MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(at_s)
    if job.poll() is None:
        (os.kill if number == signal.SIGTERM else os.killpg)(job.pid, number)
    sent = time.monotonic()
    try:
        _, said = job.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        job.kill()
        _, said = job.communicate()
    ended_after_s = time.monotonic() - sent
    while left := marked(mark):
        if time.monotonic() > sent + ended_after_s + LEFT_WITHIN_S:
            break
        time.sleep(0.1)
    again = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    equal = contents(out) == contents(work / name)
    says = AGAIN in (said.strip().splitlines() or [""])[-1]
    return Disturbed(
        name, at_s, number.name, ended_after_s, job.returncode, says, len(left), again, equal
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Path in the folder → bytes, of all tables and weights."""
    paths = [path for kind in ("parquet", "safetensors") for path in folder.rglob(f"*.{kind}")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


if __name__ == "__main__":
    main()
