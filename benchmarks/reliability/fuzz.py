"""Does anything break on damaged inputs? Recordings, tables, corpora, URIs, heads, and more.

    python -m benchmarks.reliability.fuzz [--work DIR] [--data DIR] [--seed 1] [--inputs 2000]
                                          [--kinds transcripts] [--only 1234]

Each input is a folder, a table or a labelled corpus for `daf ingest`, whose manifest is then
decoded as by `daf score`; or features of a corpus for `daf embed`; or, of the kind transcripts, one
file of any format for the readers of transcripts and the writers of `daf convert`. URIs, run
records, heads and encoder folders are read in the ways of `folder_trials`, where requests and files
that are opened elsewhere are faults, too. Two processes
try the inputs under a watchdog, so that a crash of a native library or an endless loop is found and
named. The same seed gives the same inputs; inputs with a fault are kept in WORK. With --data small
recordings and transcripts of longform/ and earnings_call/ are damaged too.

Exit status 1 after a crash, a hang, an exception, a row that is nowhere, or too much memory.
"""

import multiprocessing
import os
import shutil
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import NoReturn

from benchmarks.command_line import LAYOUT, parser_for
from benchmarks.reliability.fuzzing.inputs import SHARES, Input, Inputs
from benchmarks.reliability.fuzzing.results import Result
from benchmarks.reliability.fuzzing.trial import attempt, prepare

HANG_S = 30.0  # of a processor, as the machine may be busy with other work
WAIT_S = 300.0  # in all
START_S = 300.0
MOST_MB = 256.0  # of memory that one input may take; the originals are up to 10 s of sound
PROCESSES = 2


def serve(pipe: "Connection[Result | str, Input]", log: Path) -> NoReturn:
    """Try one input after the other, in a process of its own; standard error goes to `log`."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    os.chdir(log.parent)  # what an input runs leaves its trace here
    prepare()
    pipe.send("ready")
    while True:
        pipe.send(attempt(pipe.recv()))


class Watchdog:
    """Tries inputs in a process, and starts another process where that one is lost."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._served: tuple[SpawnProcess, Connection[Input, Result | str]] | None = None

    def __call__(self, given: Input) -> Result:
        """The result of an input; a fault where the process died or did not answer in time."""
        process, pipe = self._served or self._start()
        try:
            pipe.send(given)
            if _answers(process, pipe):
                result = pipe.recv()
                assert isinstance(result, Result)
                return result
        except (EOFError, ConnectionError):
            process.join()
            status = process.exitcode
            self.stop()
            return Result(faults=[f"crash: the process ended with {status}"])
        self.stop()
        return Result(faults=[f"hang: not done in {HANG_S:.0f} s of a processor"], seconds=HANG_S)

    def _start(self) -> "tuple[SpawnProcess, Connection[Input, Result | str]]":
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._log), daemon=True)
        process.start()
        theirs.close()
        if not pipe.poll(START_S) or pipe.recv() != "ready":
            sys.exit("the process that tries inputs does not start")
        self._served = process, pipe
        return self._served

    def stop(self) -> None:
        """End the process."""
        if self._served is not None:
            process, _ = self._served
            process.kill()
            process.join()
            self._served = None


def _answers(process: SpawnProcess, pipe: "Connection[Input, Result | str]") -> bool:
    """Wait for an answer, or the end of the process; False: it takes too long."""
    started, used_s = time.monotonic(), _processor_s(process)
    while time.monotonic() - started < WAIT_S:
        if pipe.poll(1.0):
            return True
        if _processor_s(process) - used_s > HANG_S:
            return False
    return False


def _processor_s(process: SpawnProcess) -> float:
    """Seconds of a processor that a process has used; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Findings:
    """Results of all inputs, to be printed at the end."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, Counter[str]]] = {"kind": {}, "damage": {}}
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.unaccounted = 0
        self.slowest, self.largest = (0.0, ""), (0.0, "")

    def add(self, given: Input, result: Result) -> bool:
        """Count a result; returns whether it has no fault."""
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

    def show(self, inputs: int, seed: int) -> None:
        """Print tables by kind of input and of damage, outcomes, and totals."""
        columns = [
            *("inputs", "decoded", "text alone", "embedded", "quarantined", "refused"),
            "with fault",
        ]
        for title, counts in self.counts.items():
            print(f"\n{title:28}" + "".join(f"{column:>13}" for column in columns))
            for name, row in sorted(counts.items()):
                print(f"{name:28}" + "".join(f"{row[column]:13}" for column in columns))
        print(f"\n{'rows':9}outcome")
        for outcome, rows in sorted(self.outcomes.items()):
            print(f"{rows:8} {outcome}")
        print(f"\n{inputs} inputs, seed {seed}")
        print(f"crashes {self.faults['crash']}")
        print(f"hangs over {HANG_S:.0f} s {self.faults['hang']}")
        print(f"requests made {self.faults['request']}")
        print(f"files opened elsewhere {self.faults['outside']}")
        print(f"rows that are nowhere {self.unaccounted}")
        print(f"over {MOST_MB:.0f} MB {self.faults['memory']}")
        others = sum(self.faults.values()) - sum(
            self.faults[name]
            for name in ("crash", "hang", "memory", "unaccounted", "request", "outside")
        )
        print(f"other faults {others}")
        print(f"slowest {self.slowest[0]:.2f} s: {self.slowest[1]}")
        print(f"most memory {self.largest[0]:.0f} MB: {self.largest[1]}")


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument("--kinds", nargs="+", choices=SHARES, default=[*SHARES])
    parser.add_argument("--only", type=int, help="try this input alone, and keep it")
    parser.add_argument("--work", type=Path, default=Path("/tmp/daf-fuzz"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help=LAYOUT)
    args = parser.parse_args()
    args.work = args.work.resolve()
    make = Inputs(args.seed, args.work / f"seed-{args.seed}", args.kinds, args.data)
    numbers = range(args.inputs) if args.only is None else [args.only]
    findings, own, lock = Findings(), threading.local(), threading.Lock()
    workers: list[Watchdog] = []

    def one(number: int) -> None:
        if not hasattr(own, "watched"):
            own.watched = Watchdog(args.work / "decoders.log")
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
    findings.show(len(numbers), args.seed)
    sys.exit(1 if findings.faults else 0)


if __name__ == "__main__":
    main()
