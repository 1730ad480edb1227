"""Where parts are worked on: by Ray on a cluster, or by processes of this machine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from daf_core.storage.part_index import PartFacts
from jobs.parts.encode import Encode
from jobs.parts.message import Stage
from jobs.parts.ray_or_processes import choose_processes
from jobs.settings import EncodeResources

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Executor:
    """Runs stages on parts; both functions yield the facts of each part as it is finished.

    device: where encoders run, "cpu" or "cuda"; workers: how many processes encode.
    encode: takes missing parts, the stage that reads one, a plan, the stage that publishes, and by
    the name `actor` the class of the stage in between that is made from the plan (`Encode` unless
    another is given). publish: takes missing parts and the stages, of which the last publishes;
    they need no encoder. name: what it is, where nobody asked for it.
    """

    device: str
    workers: int
    encode: Callable[..., Iterator[PartFacts]]
    publish: Callable[..., Iterator[PartFacts]]
    name: str = ""


@contextmanager
def open_executor(resources: EncodeResources, parts: list[PartFacts]) -> Iterator[Executor]:
    """The executor that `resources` name, else the one that suits the work; with no more workers
    than there are `parts`.
    """
    if choose_processes(resources, parts):
        yield _processes(resources, parts)
        return
    with _ray(resources, parts) as executor:
        yield executor


@contextmanager
def _ray(resources: EncodeResources, parts: list[PartFacts]) -> Iterator[Executor]:
    from jobs.parts import ray_executor  # importing Ray takes a second
    from jobs.placement import check_machine
    from jobs.ray_session import ray_session

    least, gpus = resources.actor_range or (1, 1), resources.gpus_per_actor or 0.0
    check_machine(ray_executor.least_asked(least, gpus, len(parts)))
    with ray_session():
        pool = ray_executor.Pool.plan(resources.actor_range, resources.gpus_per_actor, len(parts))
        encode = partial(ray_executor.encode_parts, pool=pool)
        name = "on Ray" if resources.local is None else ""
        yield Executor(pool.device, pool.max_size, encode, ray_executor.publish_parts, name)


def _processes(resources: EncodeResources, parts: list[PartFacts]) -> Executor:
    from jobs.parts.forkserver import start_forkserver
    from jobs.parts.process_executor import cores, find_device, run_in_processes

    start_forkserver()
    device = find_device()
    fit = 1 if device == "cuda" else cores()
    _, most = resources.actor_range or (fit, fit)
    workers = max(1, min(most, len(parts)))

    def encode(
        missing: list[PartFacts],
        read: Stage,
        plan: Any,
        publish: Stage,
        actor: type[Any] = Encode,
    ) -> Iterator[PartFacts]:
        def here(parts: list[PartFacts]) -> Iterator[PartFacts]:
            return run_in_processes(parts, [actor(plan), publish], workers, read)

        def on_ray(parts: list[PartFacts]) -> Iterator[PartFacts]:
            with _ray(resources, parts) as executor:
                yield from executor.encode(parts, read, plan, publish, actor=actor)

        return here(missing) if resources.local else _then_on_ray(missing, here, on_ray)

    def publish(missing: list[PartFacts], *stages: Stage) -> Iterator[PartFacts]:
        return run_in_processes(missing, [*stages], workers)

    name = f"on {workers} process{'' if workers == 1 else 'es'} of this machine"
    return Executor(device, workers, encode, publish, "" if resources.local else name)


def _then_on_ray(
    missing: list[PartFacts],
    here: Callable[[list[PartFacts]], Iterator[PartFacts]],
    on_ray: Callable[[list[PartFacts]], Iterator[PartFacts]],
) -> Iterator[PartFacts]:
    """Make parts in processes; if one dies, the parts that are left on Ray, which isolates a part
    that kills its process and goes on with the others.
    """
    from jobs.parts.process_executor import WorkerDied

    left = {facts.name: facts for facts in missing}
    try:
        for facts in here(missing):
            del left[facts.name]
            yield facts
    except WorkerDied:
        log.info("a worker process died; going on with the %d parts left, on Ray", len(left))
        yield from on_ray([*left.values()])
