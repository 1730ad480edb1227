"""Metrics of runs on Ray, which the agent of each node offers to Prometheus as ray_daf_*.

Counts come from the driver, as it hears of a finished part; seconds come from the processes that
work on parts. Without Ray nothing is counted: run.json has the counts.
"""

import sys
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from daf_core.storage.part_index import PartFacts
from jobs.parts.message import Stage

# Name → what it counts, and its tags.
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "daf_parts_total": ("parts that are finished", ("verb",)),
    "daf_rows_total": ("rows of finished parts that were not quarantined", ("verb",)),
    "daf_quarantined_rows_total": ("rows of finished parts, by reason", ("verb", "reason")),
    "daf_audio_seconds_total": ("seconds of audio of finished parts", ("verb",)),
    "daf_stage_seconds_total": ("seconds that processes worked on a stage of parts", ("stage",)),
    "daf_gpu_seconds_total": ("seconds for which encode processes held GPUs, times GPUs", ()),
}


@cache
def _counter(name: str) -> Any:
    from ray.util.metrics import Counter  # importing Ray takes seconds

    what, tags = COUNTERS[name]
    return Counter(name, what, tag_keys=tags)


def part_finished(verb: str, part: PartFacts) -> None:
    """Count a finished part; verb: what was done to rows ("scored")."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return
    tags = {"verb": verb}
    _counter("daf_parts_total").inc(1, tags=tags)
    for name, value in (("rows", part.rows), ("audio_seconds", part.audio_s)):
        if value > 0:  # Ray refuses to add nothing
            _counter(f"daf_{name}_total").inc(value, tags=tags)
    for reason, rows in part.reasons.items():
        _counter("daf_quarantined_rows_total").inc(rows, tags=tags | {"reason": reason})


def gpus_held(seconds: float, gpus: float) -> None:
    """Count for how long a process has held GPUs."""
    _counter("daf_gpu_seconds_total").inc(gpus * seconds)


@dataclass(frozen=True)
class Timed:
    """A stage that counts the seconds it works."""

    name: str
    stage: Stage

    def __call__(self, message: pa.Table) -> pa.Table:
        started = time.perf_counter()
        made = self.stage(message)
        seconds = time.perf_counter() - started
        _counter("daf_stage_seconds_total").inc(seconds, tags={"stage": self.name})
        return made
