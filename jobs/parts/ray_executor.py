"""How parts flow through Ray Data: one parcel per part, one published file per part.

    facts of a part → decode (CPU tasks) → encode (actors, GPU where there is one) → publish

Memory is bounded by the parts in flight: a few per actor. Batches are formed inside a part, so its
bytes do not depend on how many workers there are.

What kills a process (a decoder's crash, too little memory, a lost node) is tried again here, twice;
then the part is worked on alone, in a process of its own; if that dies as well, its rows are
quarantined as `poison`, and the others go on.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.exceptions import OutOfMemoryError, WorkerCrashedError
from ray.util.annotations import RayDeprecationWarning

from daf_core.storage.part_index import PartFacts
from jobs.parts.encode import Encode, Encoding, ScoreStored
from jobs.parts.message import Work, delivered, parcels
from jobs.parts.pool import Pool
from jobs.parts.read_and_publish import KILLS, Publish, ReadPart

# Shares of a CPU that the stages reserve. Together they fit beside each other on every core; an
# actor pool that reserved whole CPUs would leave none to decode with, and wait for ever.
ENCODE_CPUS, DECODE_CPUS, PUBLISH_CPUS = 0.7, 0.2, 0.1
RETRIES = KILLS - 2  # the last try is that of the part alone
LARGEST_BLOCK = 100  # parts that one task reads, one after the other


def encode_parts(
    parts: list[PartFacts], read: ReadPart, encoding: Encoding, publish: Publish, pool: Pool
) -> Iterator[PartFacts]:
    """Decode, encode and publish; yields the facts of each finished part."""
    decoded = _map(
        _dataset(parts, pool.max_size),
        read,
        num_cpus=1.0 if pool.gpus else DECODE_CPUS,
        max_retries=RETRIES,
        compute=ray.data.TaskPoolStrategy(size=min(2 * pool.max_size, len(parts))),
    )
    encoded = _map(
        decoded,
        Encode,
        fn_constructor_args=(encoding,),
        num_cpus=ENCODE_CPUS,
        num_gpus=pool.gpus or None,
        max_restarts=-1,
        max_task_retries=RETRIES,
        compute=ray.data.ActorPoolStrategy(min_size=pool.min_size, max_size=pool.max_size),
    )
    encode = Encode(encoding)
    given_up: list[Work] = [replace(read, give_up=True), encode, publish]
    alone = Alone([read, encode, publish], given_up, {"num_cpus": 1, "num_gpus": pool.gpus})
    yield from _published(parts, encoded, publish, alone)


def score_stored_parts(
    parts: list[PartFacts], work: ScoreStored, publish: Publish
) -> Iterator[PartFacts]:
    """Score stored embeddings part by part and publish; yields the facts of each."""
    scored = _map(_dataset(parts, 1), work, num_cpus=ENCODE_CPUS)
    yield from _published(parts, scored, publish, Alone([work, publish], None, {"num_cpus": 1}))


def _published(
    parts: list[PartFacts], made: ray.data.Dataset, publish: Publish, alone: "Alone"
) -> Iterator[PartFacts]:
    """Publish what is made; then work alone on the parts whose processes died."""
    published = _map(made, publish, num_cpus=PUBLISH_CPUS, max_retries=RETRIES)
    lost = {facts.part: facts for facts in parts}
    for parcel in published.iter_batches(batch_size=1, batch_format="pyarrow"):
        facts = delivered(parcel)
        del lost[facts.part]
        yield facts
    for facts in lost.values():
        yield alone(facts)


@dataclass(frozen=True)
class Alone:
    """All the work on one part in a process of its own; `give_up` where that dies as well."""

    work: list[Work]
    give_up: list[Work] | None
    resources: dict[str, float]

    def __call__(self, facts: PartFacts) -> PartFacts:
        try:
            return self._in_one_task(facts, self.work, retries=0)
        except (WorkerCrashedError, OutOfMemoryError):
            if self.give_up is None:
                raise
            return self._in_one_task(facts, self.give_up, retries=RETRIES)

    def _in_one_task(self, facts: PartFacts, work: list[Work], retries: int) -> PartFacts:
        def run(parcel: pa.Table) -> pa.Table:
            return reduce(lambda made, stage: stage(made), work, parcel)

        task = ray.remote(run).options(max_retries=retries, **self.resources)
        return delivered(ray.get(task.remote(parcels([facts]))))


def _map(parcels: ray.data.Dataset, stage: Any, **options: Any) -> ray.data.Dataset:
    with warnings.catch_warnings():
        # Ray means to drop the options that bound retries, and offers nothing else that does.
        warnings.simplefilter("ignore", RayDeprecationWarning)
        return parcels.map_batches(stage, batch_size=1, batch_format="pyarrow", **options)


def _dataset(parts: list[PartFacts], workers: int) -> ray.data.Dataset:
    return ray.data.from_arrow([parcels(block) for block in blocks(parts, workers)])


def blocks(parts: list[PartFacts], workers: int) -> Iterator[list[PartFacts]]:
    """Cut `parts` into what a task reads: many parts at first, one in the end.

    So 100,000 parts are no 100,000 blocks, and no worker is left alone with the last long one.
    """
    at = 0
    while at < len(parts):
        size = min(LARGEST_BLOCK, max(1, (len(parts) - at) // (8 * workers)))
        yield parts[at : at + size]
        at += size
