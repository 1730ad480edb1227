"""Do more workers do proportionally more? The real flow of parts, encoders replaced by their time.

    python benchmarks/scaling.py --work /tmp/daf-scaling [--workers 1 2 4 8 16 32 64 128 256]

A machine cannot be 256, but a driver can be shown 256 actors: Ray is told of as many CPUs as there
are workers, `Encode` sleeps as long as the encoders take for a part, `ReadPart` sleeps as long as
decoding takes and hands on as many bytes, and all else is as in `daf score`: blocks, wrap, Ray
Data, the object store, published files, progress. Efficiency is parts a second against what as many
encoders alone would do, from when the last worker began until the first had no more to do: starting
and the tail of the last parts are left out, as here all processes start on the few cores of one.
Beyond --whole workers parts carry a share of their bytes, as one machine's memory is not that of
a cluster; what the object store would hold on one is said beside.
"""

import argparse
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

import jobs.parts.ray_executor
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.stages.decode import DECODED
from daf_core.storage import parquet
from daf_core.storage.output import scores_output
from daf_core.storage.part_index import PartFacts
from jobs.parts.message import run_stage
from jobs.parts.pool import Pool
from jobs.parts.read_and_publish import PublishPart
from jobs.ray_session import ray_session

ROWS = 400
PART_S = 1200.0
RATE_HZ = 16_000
PARTS_A_WORKER = 12


@dataclass(frozen=True)
class SleepingRead:
    """Gives rows with samples of silence, after the time that decoding takes."""

    seconds: float
    share: float
    give_up: bool = False

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return run_stage(self._read, parcel)

    def _read(self, facts: PartFacts, _: object) -> tuple[PartFacts, dict[str, pa.Table]]:
        time.sleep(self.seconds)
        size = int(PART_S * self.share * RATE_HZ * 2 / ROWS)
        row = dict.fromkeys(DECODED.names) | {"samples": bytes(size), "meta": []}
        rows = [row | {"utterance_id": f"{facts.name}-{n}"} for n in range(ROWS)]
        return facts, {"rows": pa.Table.from_pylist(rows, schema=DECODED)}


@dataclass(frozen=True)
class Notes:
    """How long to sleep, and where to note it."""

    seconds: float
    folder: Path


class SleepingEncode:
    """Gives scores, after the time that encoding takes; notes when it worked."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return run_stage(self._encode, parcel)

    def _encode(self, facts: PartFacts, made: dict[str, pa.Table]):
        began = time.time()
        time.sleep(self.notes.seconds)
        ids = made["rows"]["utterance_id"].to_pylist()
        blank = {"recording_id": "r", "sentiment": 0.0, "polarity": "neutral", "flags": []}
        scores = pa.Table.from_pylist([blank | {"utterance_id": one} for one in ids], schema=SCORES)
        line = json.dumps([os.getpid(), began, time.time()])
        with (self.notes.folder / f"{os.getpid()}").open("a") as file:
            print(line, file=file)
        return facts, {"rows": scores, "quarantine": QUARANTINE.empty_table()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64, 128, 256]
    )
    parser.add_argument("--whole", type=int, default=32, help="so many workers get whole parts")
    parser.add_argument(
        "--encode", type=float, default=10.2, help="seconds an encoder takes for a part"
    )
    parser.add_argument("--decode", type=float, default=0.6, help="seconds to decode one")
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    os.environ |= {"RAY_TMPDIR": str(asked.work), "RAY_ADDRESS": "local"}
    print(
        f"{'workers':>7} {'parts':>6} {'efficiency':>10} {'parts/s':>8} {'driver CPU':>10} "
        f"{'driver MB':>9} {'store MB':>9} {'all, s':>7}"
    )
    for workers in asked.workers:
        print(line(asked, workers), flush=True)


def line(asked: argparse.Namespace, workers: int) -> str:
    """Run one size; a row of the table."""
    share = min(1.0, asked.whole / workers)
    folder = asked.work / f"notes-{workers}"
    folder.mkdir()
    began, cpu = time.time(), time.process_time()
    done = run(asked, workers, share, folder)
    took, cpu_s = time.time() - began, time.process_time() - cpu
    parts, window_s = in_full_swing(folder)
    efficiency = parts * asked.encode / (workers * window_s)
    status = dict(row.split(":", 1) for row in Path("/proc/self/status").read_text().splitlines())
    part_mb = PART_S * RATE_HZ * 2 / 1e6
    return (
        f"{workers:7} {done:6} {efficiency:10.1%} {parts / window_s:8.2f} {cpu_s / took:10.1%} "
        f"{int(status['RssAnon'].split()[0]) / 1e3:9.0f} {workers * 4 * part_mb:9.0f} {took:7.1f}"
    )


def run(asked: argparse.Namespace, workers: int, share: float, folder: Path) -> int:
    """Flow so many parts; how many were done."""
    import ray

    jobs.parts.ray_executor.Encode = SleepingEncode
    output = scores_output(str(asked.work / f"scores-{workers}"))
    facts = [
        PartFacts(parquet.part_name(number), "", ROWS, 0, PART_S, {})
        for number in range(PARTS_A_WORKER * workers)
    ]
    ray.init(
        num_cpus=workers,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=int(8e9),
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(["benchmarks", os.getcwd()])}},
    )
    with ray_session():
        read = SleepingRead(asked.decode, share)
        publish = PublishPart(output, "simulated")
        pool = Pool(workers, workers, 0.0)
        notes = Notes(asked.encode, folder)
        done = sum(
            1 for _ in jobs.parts.ray_executor.encode_parts(facts, read, notes, publish, pool)
        )
    ray.shutdown()
    return done


def in_full_swing(folder: Path) -> tuple[float, float]:
    """Parts that were encoded while every worker had some, and how long that was."""
    notes = [
        np.array([json.loads(text)[1:] for text in path.read_text().splitlines()])
        for path in folder.iterdir()
    ]
    start = max(worked[0, 0] for worked in notes)
    end = min(worked[-1, 1] for worked in notes)
    # Of a part that was begun before or ended after, the share of it.
    spans = np.concatenate(notes)
    inside = np.clip(spans, start, end) @ [-1, 1] / (spans @ [-1, 1])
    return float(inside.sum()), end - start


if __name__ == "__main__":
    main()
