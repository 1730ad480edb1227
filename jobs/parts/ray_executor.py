"""Parts on Ray Data: one message a part in, one published file a part out.

    facts about a part → decode (CPU tasks) → encode (actors, on GPUs where there are any) → publish

Where the encode actors take every core, each of them decodes and publishes its parts as well: other
processes would only take time from it. Memory is bounded by the parts in flight, a few per actor.
Batches are formed inside a part, so that its bytes do not depend on the number of workers.

A part whose process is killed (a decoder's crash, too little memory, a lost node) is tried again
twice, the second time isolated in a process of its own. If that process dies too, the rows of the
part are quarantined as `poison` and the other parts go on.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.exceptions import OutOfMemoryError, WorkerCrashedError
from ray.util.annotations import RayDeprecationWarning

from daf_core.storage.part_index import PartFacts
from jobs.parts.actors import EncodeActor, WholePartActor
from jobs.parts.encode import Encode
from jobs.parts.message import Stage, in_turn, unwrap, wrap
from jobs.parts.metrics import Timed
from jobs.parts.read_and_publish import KILLS
from jobs.placement import Asked, check_placement
from jobs.ray_session import cluster_total

# Shares of a CPU that the stages reserve. Together they fit on every core. An actor pool that
# reserved whole CPUs would leave none to decode with, and wait for ever.
ENCODE_CPUS, DECODE_CPUS, PUBLISH_CPUS = 0.7, 0.2, 0.1
RETRIES = KILLS - 2  # the last try is the isolated one
LARGEST_READ = 100  # parts that one task reads, one after the other
LARGEST_ENCODED = 10  # the same where it encodes them: all of them again where it is killed


@dataclass(frozen=True)
class Pool:
    """The encode actors: how many there are, how many GPUs each holds, and whether they leave CPU
    cores that others can decode with.
    """

    min_size: int
    max_size: int
    gpus: float
    leaves_cores: bool

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
        gpus, cores = cluster_total("GPU"), int(cluster_total("CPU"))
        if gpus_per_actor is None:
            gpus_per_actor = 1.0 if gpus else 0.0
        fit = int(gpus / gpus_per_actor) if gpus_per_actor else cores
        asked = least_asked(actors or (fit, fit), gpus_per_actor, parts)
        least, most = asked.number, max(1, min((actors or (fit, fit))[1], parts))
        grows = check_placement(asked)
        least = max(1, min(least, fit)) if grows else least
        return cls(least, most, gpus_per_actor, leaves_cores=gpus_per_actor > 0 or most < cores)

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
    make = _by_stages if pool.leaves_cores else _by_actors
    published = make(parts, Timed("read", read), (actor, plan), Timed("publish", publish), pool)
    encode = actor(plan)
    give_up: list[Stage] = [replace(read, give_up=True), encode, publish]
    resources = {"num_cpus": 1, "num_gpus": pool.gpus}
    yield from _finished(
        parts, published, IsolatedPart([read, encode, publish], give_up, resources)
    )


def _by_stages(
    parts: list[PartFacts], read: Stage, encode: tuple[Any, Any], publish: Stage, pool: Pool
) -> ray.data.Dataset:
    """Tasks decode, actors encode, tasks publish: the encoders never wait for a recording."""
    decoded = _map(
        _dataset(parts, pool.max_size, LARGEST_READ),
        read,
        num_cpus=1.0 if pool.gpus else DECODE_CPUS,
        max_retries=RETRIES,
        compute=ray.data.TaskPoolStrategy(size=min(2 * pool.max_size, len(parts))),
    )
    encoded = _map_by_actors(decoded, EncodeActor, (*encode, pool.gpus), pool)
    return _map(encoded, publish, num_cpus=PUBLISH_CPUS, max_retries=RETRIES)


def _by_actors(
    parts: list[PartFacts], read: Stage, encode: tuple[Any, Any], publish: Stage, pool: Pool
) -> ray.data.Dataset:
    """Each actor decodes, encodes and publishes."""
    messages = _dataset(parts, pool.max_size, LARGEST_ENCODED)
    return _map_by_actors(messages, WholePartActor, (read, *encode, publish), pool, batch_size=None)


def _map_by_actors(
    messages: ray.data.Dataset,
    actor: type[Any],
    made_from: tuple[Any, ...],
    pool: Pool,
    batch_size: int | None = 1,
) -> ray.data.Dataset:
    """batch_size: messages at a time; None: all of a block, of which Ray hears once."""
    return _map(
        messages,
        actor,
        fn_constructor_args=made_from,
        num_cpus=ENCODE_CPUS,
        num_gpus=pool.gpus or None,
        max_restarts=-1,
        max_task_retries=RETRIES,
        compute=ray.data.ActorPoolStrategy(min_size=pool.min_size, max_size=pool.max_size),
        batch_size=batch_size,
    )


def publish_parts(parts: list[PartFacts], *stages: Stage) -> Iterator[PartFacts]:
    """Run stages without encoders, the last of which publishes; yields the facts of each part as it
    is finished.
    """
    *earlier, publish = stages
    made = _dataset(parts, 1, LARGEST_READ)
    for stage in earlier:
        made = _map(made, stage, num_cpus=ENCODE_CPUS)
    timed = Timed("publish", publish)
    published = _map(made, timed, num_cpus=PUBLISH_CPUS, max_retries=RETRIES)
    yield from _finished(parts, published, IsolatedPart([*stages], None, {"num_cpus": 1}))


def _finished(
    parts: list[PartFacts], published: ray.data.Dataset, isolated: "IsolatedPart"
) -> Iterator[PartFacts]:
    """The facts of what is published; parts whose processes were killed are run again, isolated."""
    lost = {facts.name: facts for facts in parts}
    # Nothing is fetched ahead: a part counts as soon as Ray says that it is published.
    each = published.iter_batches(batch_size=1, batch_format="pyarrow", prefetch_batches=0)
    for message in each:
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
            return in_turn(stages, message)

        task = ray.remote(run).options(max_retries=retries, **self.resources)
        return unwrap(ray.get(task.remote(wrap([facts]))))


def _map(
    messages: ray.data.Dataset, stage: Any, batch_size: int | None = 1, **options: Any
) -> ray.data.Dataset:
    with warnings.catch_warnings():
        # Ray deprecates the options that bound retries, and offers no others that do.
        warnings.simplefilter("ignore", RayDeprecationWarning)
        return messages.map_batches(stage, batch_size=batch_size, batch_format="pyarrow", **options)


def _dataset(parts: list[PartFacts], workers: int, largest: int) -> ray.data.Dataset:
    return ray.data.from_arrow([wrap(block) for block in blocks(parts, workers, largest)])


def blocks(parts: list[PartFacts], workers: int, largest: int) -> Iterator[list[PartFacts]]:
    """Cut `parts` into what one task works on: up to `largest` parts at first, a single one towards
    the end.

    So 100,000 parts are far fewer blocks, and no worker is left alone with a long last block.
    """
    start = 0
    while start < len(parts):
        size = min(largest, max(1, (len(parts) - start) // (8 * workers)))
        yield parts[start : start + size]
        start += size
