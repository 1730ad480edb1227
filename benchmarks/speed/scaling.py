"""Do more workers do proportionally more? The real executor, with encoders that only sleep.

    python -m benchmarks.speed.scaling --work DIR [--workers 1 2 4 8 16 32 64 128 256]
                                       [--encode 10.2] [--decode 0.6] [--whole 32] [--parts 12]
                                       [--by-stages]

One machine has no 256 cores, but a driver can manage 256 actors: Ray is told that it has as many
CPUs as there are workers. Encoding sleeps as long as encoders take for a part of 20 minutes,
reading sleeps as long as decoding takes and passes on as many bytes; everything else is as in
`daf score`: blocks, messages, Ray Data, the object store, published files, progress.

Efficiency is parts per second against as many encoders without a driver. It is measured from when
the last worker began until the first one had no more to do, as here all processes start on the few
cores of one machine. "driver ms" is the processor time of the driver for a part. With 12 --parts
for each worker one task reads one part, as at the end of an archive; with more one task reads
several, and the driver has less to do for each. Above --whole workers the parts have fewer bytes,
as one machine has not the memory of a cluster; "store MB" says what the object store would hold
otherwise.

Deletes what is in WORK.
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

from benchmarks.command_line import parser_for
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.stages.decoded import DECODED
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from jobs.parts.encode import Encode, EncodePlan
from jobs.parts.message import PartTables, StageResult
from jobs.parts.ray_executor import Pool, encode_parts
from jobs.parts.read_and_publish import PublishPart, ReadPart
from jobs.ray_session import ray_session

ROWS = 400
PART_S = 1200.0
RATE_HZ = 16_000
WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256]


@dataclass(frozen=True)
class SleepingRead(ReadPart):
    """Gives rows with samples of silence, after the time that decoding takes."""

    seconds: float = 0.0
    share: float = 1.0  # of the bytes of a part

    def _read(self, facts: PartFacts, _: PartTables) -> StageResult:
        time.sleep(self.seconds)
        size = int(PART_S * self.share * RATE_HZ * 2 / ROWS)
        row = dict.fromkeys(DECODED.names) | {"samples": bytes(size), "meta": [], "flags": []}
        rows = [row | {"utterance_id": f"{facts.name}-{n}"} for n in range(ROWS)]
        return facts, {"rows": pa.Table.from_pylist(rows, schema=DECODED)}


@dataclass(frozen=True)
class SleepingPlan(EncodePlan):
    """How long to sleep for a part, and the folder for notes of when."""

    seconds: float = 0.0
    notes: Path = Path()


class SleepingEncode(Encode):
    """Gives scores, after the time that encoding takes; notes when it worked."""

    plan: SleepingPlan

    def _encode(self, facts: PartFacts, tables: PartTables) -> StageResult:
        began = time.time()
        time.sleep(self.plan.seconds)
        ids = tables["rows"]["utterance_id"].to_pylist()
        blank = {"recording_id": "r", "sentiment": 0.0, "polarity": "neutral", "flags": []}
        scores = pa.Table.from_pylist([blank | {"utterance_id": one} for one in ids], schema=SCORES)
        with (self.plan.notes / f"{os.getpid()}").open("a") as file:
            print(json.dumps([began, time.time()]), file=file)
        return facts, {"rows": scores, "quarantine": QUARANTINE.empty_table()}


def main() -> None:
    parser = parser_for(__doc__, work="scores and notes")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--whole", type=int, default=32, help="so many workers get whole parts")
    parser.add_argument("--encode", type=float, default=10.2, help="seconds for a part")
    parser.add_argument("--parts", type=int, default=12, help="for each worker")
    parser.add_argument("--decode", type=float, default=0.6, help="seconds for a part")
    parser.add_argument(
        "--by-stages", action="store_true", help="decode in tasks, not in the actors"
    )
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    os.environ |= {"RAY_TMPDIR": str(asked.work), "RAY_ADDRESS": "local"}
    print(
        f"{'workers':>7} {'parts':>6} {'efficiency':>10} {'parts/s':>8} {'driver CPU':>10} "
        f"{'driver ms':>9} {'driver MB':>9} {'store MB':>9} {'all, s':>7}"
    )
    for workers in asked.workers:
        print(measure(asked, workers), flush=True)


def measure(asked: argparse.Namespace, workers: int) -> str:
    """Run one size; returns its line of the table."""
    notes = asked.work / f"notes-{workers}"
    notes.mkdir()
    began, cpu = time.time(), time.process_time()
    done = run(asked, workers, notes)
    took, cpu_s = time.time() - began, time.process_time() - cpu
    parts, window_s = while_all_worked(notes)
    efficiency = parts * asked.encode / (workers * window_s)
    status = dict(row.split(":", 1) for row in Path("/proc/self/status").read_text().splitlines())
    part_mb = PART_S * RATE_HZ * 2 / 1e6
    return (
        f"{workers:7} {done:6} {efficiency:10.1%} {parts / window_s:8.2f} {cpu_s / took:10.1%} "
        f"{cpu_s / done * 1e3:9.1f} {int(status['RssAnon'].split()[0]) / 1e3:9.0f} "
        f"{workers * 4 * part_mb:9.0f} {took:7.1f}"
    )


def run(asked: argparse.Namespace, workers: int, notes: Path) -> int:
    """Pass `asked.parts` parts for each worker through the executor; returns how many."""
    import ray

    parts = [
        PartFacts(
            name=parquet.part_name(number),
            rows_fingerprint="",
            rows_in=ROWS,
            rows=0,
            audio_s=PART_S,
            reasons={},
        )
        for number in range(asked.parts * workers)
    ]
    ray.init(
        num_cpus=workers,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=int(8e9),
        runtime_env={"env_vars": {"PYTHONPATH": os.getcwd()}},
    )
    manifest = manifest_output(str(asked.work / "no-manifest"))
    share = min(1.0, asked.whole / workers)
    read = SleepingRead(manifest, audio=True, seconds=asked.decode, share=share)
    plan = SleepingPlan({}, offline=True, seconds=asked.encode, notes=notes)
    publish = PublishPart(scores_output(str(asked.work / f"scores-{workers}")), "simulated")
    pool = Pool(workers, workers, 0.0, leaves_cores=asked.by_stages)
    with ray_session():
        done = len([*encode_parts(parts, read, plan, publish, pool, SleepingEncode)])
    ray.shutdown()
    return done


def while_all_worked(notes: Path) -> tuple[float, float]:
    """Parts that were encoded while every worker had some, and how many seconds that was."""
    spans_of = [
        np.array([json.loads(text) for text in path.read_text().splitlines()])
        for path in notes.iterdir()
    ]
    start = max(spans[0, 0] for spans in spans_of)
    end = min(spans[-1, 1] for spans in spans_of)
    spans = np.concatenate(spans_of)
    lengths = spans[:, 1] - spans[:, 0]
    inside = np.clip(spans, start, end)  # a part that is inside by half counts as half
    return float(((inside[:, 1] - inside[:, 0]) / lengths).sum()), float(end - start)


if __name__ == "__main__":
    main()
