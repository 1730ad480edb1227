"""Damaged recordings, transcripts and tables through ingest and decode: does anything break?

    PYTHONPATH=.:benchmarks python benchmarks/fuzz.py [--seed 1] [--inputs 2000] [--only 1234]
        [--kinds corpora] [--work /tmp/daf-fuzz]

Every input is a folder, a table or a labelled corpus for `daf ingest`, its manifest is decoded as
`daf score` would; or features that a corpus came with, for `daf embed`.
Two processes do this under a watchdog, so that a crash of a native library or an endless loop is
found and named. The same seed gives the same inputs; those with a fault are kept in `work`.
Exit status 1 where there is any crash, hang, other fault, row unaccounted for, or memory beyond
the bound.
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzzing.inputs import SHARES, Input, Inputs
from fuzzing.trial import Result, attempt, prepare

HANG_S = 30.0
START_S = 300.0
MOST_MB = 256.0  # of memory that one input may take; the originals are up to 10 s of sound
PROCESSES = 2


def serve(pipe, log: Path) -> None:
    """Try one input after the other, in a process of its own; what decoders say goes to `log`."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    os.chdir(log.parent)  # what an input runs leaves its trace here
    prepare()
    pipe.send("ready")
    while True:
        pipe.send(attempt(pipe.recv()))


class Watched:
    """A process that tries inputs, and another one after that was lost."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process = None

    def __call__(self, given: Input) -> Result:
        """What became of an input; a fault where the process died or did not come back."""
        if self._process is None:
            self._start()
        try:
            self._pipe.send(given)
            if self._pipe.poll(HANG_S):
                return self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            status = self._process.exitcode
            self.stop()
            return Result(faults=[f"crash: the process ended with {status}"])
        self.stop()
        return Result(faults=[f"hang: not done after {HANG_S:.0f} s"], seconds=HANG_S)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._log), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(START_S) or self._pipe.recv() != "ready":
            sys.exit("the process that tries inputs does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


class Findings:
    """What is printed at the end."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, Counter[str]]] = {"kind": {}, "damage": {}}
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.unaccounted = 0
        self.slowest, self.largest = (0.0, ""), (0.0, "")

    def add(self, given: Input, result: Result) -> bool:
        """Count a result; True where there is nothing wrong with it."""
        name = f"{given.number} {given.kind}, {given.mutation}, as {given.route}"
        if result.grown_mb > MOST_MB:
            result.faults.append(f"memory: {result.grown_mb:.0f} MB")
        if result.unaccounted:
            result.faults.append(f"unaccounted: {result.unaccounted} rows")
        for fault in result.faults:
            self.faults[fault.partition(":")[0].split()[0]] += 1
            print(f"  {name}: {fault}", flush=True)
        self.unaccounted += result.unaccounted
        self.outcomes += result.outcomes
        self.slowest = max(self.slowest, (result.seconds, name))
        self.largest = max(self.largest, (result.grown_mb, name))
        for column, key in (("kind", given.kind), ("damage", given.mutation)):
            row = self.counts[column].setdefault(key, Counter())
            row["inputs"] += 1
            row["with fault"] += bool(result.faults)
            for outcome, rows in result.outcomes.items():
                row[outcome.partition(":")[0].partition(" by ")[0]] += rows
        return not result.faults

    def print(self, inputs: int, seed: int) -> None:
        columns = [
            *("inputs", "decoded", "text alone", "embedded", "quarantined", "refused"),
            "with fault",
        ]
        for title, rows in self.counts.items():
            print(f"\n{title:28}" + "".join(f"{column:>13}" for column in columns))
            for name, row in sorted(rows.items()):
                print(f"{name:28}" + "".join(f"{row[column]:13}" for column in columns))
        print(f"\n{'rows':9}outcome")
        for outcome, rows in sorted(self.outcomes.items()):
            print(f"{rows:8} {outcome}")
        print(f"\n{inputs} inputs, seed {seed}")
        print(f"crashes {self.faults['crash']}")
        print(f"hangs over {HANG_S:.0f} s {self.faults['hang']}")
        print(f"rows unaccounted for {self.unaccounted}")
        print(f"over {MOST_MB:.0f} MB {self.faults['memory']}")
        others = sum(self.faults.values()) - sum(
            self.faults[name] for name in ("crash", "hang", "memory", "unaccounted")
        )
        print(f"other faults {others}")
        print(f"slowest {self.slowest[0]:.2f} s: {self.slowest[1]}")
        print(f"most memory {self.largest[0]:.0f} MB: {self.largest[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument("--kinds", nargs="+", choices=SHARES, default=[*SHARES])
    parser.add_argument("--only", type=int, help="try this input alone, and keep it")
    parser.add_argument("--work", type=Path, default=Path("/tmp/daf-fuzz"))
    args = parser.parse_args()
    args.work = args.work.resolve()
    make = Inputs(args.seed, args.work / f"seed-{args.seed}", args.kinds)
    numbers = range(args.inputs) if args.only is None else [args.only]
    findings, own, lock = Findings(), threading.local(), threading.Lock()
    workers: list[Watched] = []

    def one(number: int) -> None:
        if not hasattr(own, "watched"):
            own.watched = Watched(args.work / "decoders.log")
            workers.append(own.watched)
        given = make(number)
        result = own.watched(given)
        with lock:
            sound = findings.add(given, result)
        if sound and args.only is None:
            shutil.rmtree(given.folder)

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(one, numbers))
    for watched in workers:
        watched.stop()
    findings.print(len(numbers), args.seed)
    sys.exit(1 if findings.faults else 0)


if __name__ == "__main__":
    main()
