"""Where the work on parts is done: on a Ray cluster, or here, in processes of this machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from daf_core.storage.part_index import PartFacts
from jobs.parts.encode import Encode, Encoding, ScoreStored
from jobs.parts.read_and_publish import Publish, ReadPart
from jobs.settings import EncodeResources


@dataclass(frozen=True)
class Workplace:
    """Work on parts that yields the facts of each as it is finished.

    device: where encoders run, "cpu" or "cuda".
    """

    device: str
    encode: Callable[[list[PartFacts], ReadPart, Encoding, Publish], Iterator[PartFacts]]
    score_stored: Callable[[list[PartFacts], ScoreStored, Publish], Iterator[PartFacts]]


@contextmanager
def workplace(resources: EncodeResources, parts: int) -> Iterator[Workplace]:
    """The place that `resources` ask for, with room for work on so many parts at once."""
    if resources.local:
        yield _here(resources, parts)
        return
    from jobs.parts import ray_executor as flow
    from jobs.parts.pool import Pool
    from jobs.ray_session import ray_session

    with ray_session():
        pool = Pool.plan(resources.actor_range, resources.gpus_per_actor, parts)
        encode = partial(flow.encode_parts, pool=pool)
        yield Workplace(pool.device, encode, flow.score_stored_parts)


def _here(resources: EncodeResources, parts: int) -> Workplace:
    from jobs.parts.forkserver import get_ready
    from jobs.parts.process_executor import device, in_processes

    get_ready()
    place = device()
    fit = 1 if place == "cuda" else _cores()
    _, most = resources.actor_range or (fit, fit)
    workers = max(1, min(most, parts))

    def encode(
        missing: list[PartFacts], read: ReadPart, encoding: Encoding, publish: Publish
    ) -> Iterator[PartFacts]:
        return in_processes(missing, [Encode(encoding), publish], workers, read)

    def score_stored(
        missing: list[PartFacts], stored: ScoreStored, publish: Publish
    ) -> Iterator[PartFacts]:
        return in_processes(missing, [stored, publish], workers)

    return Workplace(place, encode, score_stored)


def _cores() -> int:
    """Of this machine, those that this process may use, where its system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
