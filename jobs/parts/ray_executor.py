"""Parts on Ray Data: one message a part in, one published file a part out.

    facts about a part → decode (CPU tasks) → encode (actors, on GPUs where there are any) → publish

Memory is bounded by the parts in flight, a few per actor. Batches are formed inside a part, so that
its bytes do not depend on the number of workers.

A part whose process is killed (a decoder's crash, too little memory, a lost node) is tried again
twice, the second time isolated in a process of its own. If that process dies too, the rows of the
part are quarantined as `poison` and the other parts go on.
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
from jobs.parts.encode import Encode
from jobs.parts.message import Stage, unwrap, wrap
from jobs.parts.metrics import Timed, TimedActor
from jobs.parts.read_and_publish import KILLS
from jobs.placement import Asked, check_placement
from jobs.ray_session import cluster_total

# Shares of a CPU that the stages reserve. Together they fit on every core. An actor pool that
# reserved whole CPUs would leave none to decode with, and wait for ever.
ENCODE_CPUS, DECODE_CPUS, PUBLISH_CPUS = 0.7, 0.2, 0.1
RETRIES = KILLS - 2  # the last try is the isolated one
LARGEST_BLOCK = 100  # parts that one task reads, one after the other


@dataclass(frozen=True)
class Pool:
    """The encode actors: how many there are, and how many GPUs each holds."""

    min_size: int
    max_size: int
    gpus: float

    @classmethod
    def plan(
        cls, actors: tuple[int, int] | None, gpus_per_actor: float | None, parts: int
    ) -> "Pool":
        """By default one actor per GPU, or per CPU where there is no GPU; never more than parts.

        More actors may be asked for than fit now if the cluster grows by itself.

        Raises:
            SettingsError: the cluster has no room for the least number, and does not grow that far.
            NotDone: other jobs hold all of the room.
        """
        gpus = cluster_total("GPU")
        if gpus_per_actor is None:
            gpus_per_actor = 1.0 if gpus else 0.0
        fit = int(gpus / gpus_per_actor) if gpus_per_actor else int(cluster_total("CPU"))
        asked = least_asked(actors or (fit, fit), gpus_per_actor, parts)
        least, most = asked.number, max(1, min((actors or (fit, fit))[1], parts))
        grows = check_placement(asked)
        return cls(max(1, min(least, fit)) if grows else least, most, gpus_per_actor)

    @property
    def device(self) -> str:
        """Where the actors' encoders run."""
        return "cuda" if self.gpus else "cpu"


def least_asked(actors: tuple[int, int], gpus_per_actor: float, parts: int) -> Asked:
    """The fewest actors that are asked for, never more than parts."""
    setting = f"`gpus_per_actor` {gpus_per_actor:g}" if gpus_per_actor else f"`actors` {actors[0]}"
    least = max(1, min(actors[0], parts))
    return Asked(setting, least, {"CPU": ENCODE_CPUS, "GPU": gpus_per_actor})


def encode_parts(
    parts: list[PartFacts],
    read: Any,
    plan: Any,
    publish: Stage,
    pool: Pool,
    actor: type[Any] = Encode,
) -> Iterator[PartFacts]:
    """Decode, encode and publish parts; yields the facts of each as it is finished.

    read: a stage with a field `give_up`, as `ReadPart`; actor: the class of the stage in between,
    of which each actor makes one from the `plan`.
    """
    decoded = _map(
        _dataset(parts, pool.max_size),
        Timed("read", read),
        num_cpus=1.0 if pool.gpus else DECODE_CPUS,
        max_retries=RETRIES,
        compute=ray.data.TaskPoolStrategy(size=min(2 * pool.max_size, len(parts))),
    )
    encoded = _map(
        decoded,
        TimedActor,
        fn_constructor_args=(actor, plan, pool.gpus),
        num_cpus=ENCODE_CPUS,
        num_gpus=pool.gpus or None,
        max_restarts=-1,
        max_task_retries=RETRIES,
        compute=ray.data.ActorPoolStrategy(min_size=pool.min_size, max_size=pool.max_size),
    )
    encode = actor(plan)
    give_up: list[Stage] = [replace(read, give_up=True), encode, publish]
    resources = {"num_cpus": 1, "num_gpus": pool.gpus}
    isolated = IsolatedPart([read, encode, publish], give_up, resources)
    yield from _published(parts, encoded, publish, isolated)


def publish_parts(parts: list[PartFacts], *stages: Stage) -> Iterator[PartFacts]:
    """Run stages without encoders, the last of which publishes; yields the facts of each part as it
    is finished.
    """
    *earlier, publish = stages
    made = _dataset(parts, 1)
    for stage in earlier:
        made = _map(made, stage, num_cpus=ENCODE_CPUS)
    isolated = IsolatedPart([*stages], None, {"num_cpus": 1})
    yield from _published(parts, made, publish, isolated)


def _published(
    parts: list[PartFacts], made: ray.data.Dataset, publish: Stage, isolated: "IsolatedPart"
) -> Iterator[PartFacts]:
    """Publish what comes; then run the parts whose processes were killed, each isolated."""
    timed = Timed("publish", publish)
    published = _map(made, timed, num_cpus=PUBLISH_CPUS, max_retries=RETRIES)
    lost = {facts.name: facts for facts in parts}
    for message in published.iter_batches(batch_size=1, batch_format="pyarrow"):
        facts = unwrap(message)
        del lost[facts.name]
        yield facts
    for facts in lost.values():
        yield isolated.run(facts)


@dataclass(frozen=True)
class IsolatedPart:
    """All stages of one part in a process of its own; `give_up` where that process dies too."""

    stages: list[Stage]
    give_up: list[Stage] | None
    resources: dict[str, float]

    def run(self, facts: PartFacts) -> PartFacts:
        """The facts of the finished part."""
        try:
            return self._in_one_task(facts, self.stages, retries=0)
        except (WorkerCrashedError, OutOfMemoryError):
            if self.give_up is None:
                raise
            return self._in_one_task(facts, self.give_up, retries=RETRIES)

    def _in_one_task(self, facts: PartFacts, stages: list[Stage], retries: int) -> PartFacts:
        def run(message: pa.Table) -> pa.Table:
            return reduce(lambda made, stage: stage(made), stages, message)

        task = ray.remote(run).options(max_retries=retries, **self.resources)
        return unwrap(ray.get(task.remote(wrap([facts]))))


def _map(messages: ray.data.Dataset, stage: Any, **options: Any) -> ray.data.Dataset:
    with warnings.catch_warnings():
        # Ray deprecates the options that bound retries, and offers no others that do.
        warnings.simplefilter("ignore", RayDeprecationWarning)
        return messages.map_batches(stage, batch_size=1, batch_format="pyarrow", **options)


def _dataset(parts: list[PartFacts], workers: int) -> ray.data.Dataset:
    return ray.data.from_arrow([wrap(block) for block in blocks(parts, workers)])


def blocks(parts: list[PartFacts], workers: int) -> Iterator[list[PartFacts]]:
    """Cut `parts` into what one task reads: many parts at first, a single one towards the end.

    So 100,000 parts are far fewer blocks, and no worker is left alone with a long last block.
    """
    start = 0
    while start < len(parts):
        size = min(LARGEST_BLOCK, max(1, (len(parts) - start) // (8 * workers)))
        yield parts[start : start + size]
        start += size
