"""Where parts are worked on: by Ray on a cluster, or by processes of this machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from daf_core.storage.part_index import PartFacts
from jobs.parts.encode import Encode, ScoreStored
from jobs.parts.message import Stage
from jobs.parts.read_and_publish import PublishPart
from jobs.settings import EncodeResources


@dataclass(frozen=True)
class Executor:
    """Runs stages on parts; both functions yield the facts of each part as it is finished.

    device: where encoders run, "cpu" or "cuda". encode: takes missing parts, the stage that reads
    one, a plan, the stage that publishes, and by the name `actor` the class of the stage in between
    that is made from the plan (`Encode` unless another is given).
    """

    device: str
    encode: Callable[..., Iterator[PartFacts]]
    score_stored: Callable[[list[PartFacts], ScoreStored, PublishPart], Iterator[PartFacts]]


@contextmanager
def open_executor(resources: EncodeResources, parts: int) -> Iterator[Executor]:
    """The executor that `resources` name, with no more workers than there are `parts`."""
    if resources.local:
        yield _processes(resources, parts)
        return
    from jobs.parts import ray_executor  # importing Ray takes a second
    from jobs.ray_session import ray_session

    with ray_session():
        pool = ray_executor.Pool.plan(resources.actor_range, resources.gpus_per_actor, parts)
        encode = partial(ray_executor.encode_parts, pool=pool)
        yield Executor(pool.device, encode, ray_executor.score_stored_parts)


def _processes(resources: EncodeResources, parts: int) -> Executor:
    from jobs.parts.forkserver import start_forkserver
    from jobs.parts.process_executor import find_device, run_in_processes

    start_forkserver()
    device = find_device()
    fit = 1 if device == "cuda" else _cores()
    _, most = resources.actor_range or (fit, fit)
    workers = max(1, min(most, parts))

    def encode(
        missing: list[PartFacts],
        read: Stage,
        plan: Any,
        publish: Stage,
        actor: type[Any] = Encode,
    ) -> Iterator[PartFacts]:
        return run_in_processes(missing, [actor(plan), publish], workers, read)

    def score_stored(
        missing: list[PartFacts], score: ScoreStored, publish: PublishPart
    ) -> Iterator[PartFacts]:
        return run_in_processes(missing, [score, publish], workers)

    return Executor(device, encode, score_stored)


def _cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
