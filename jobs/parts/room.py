"""Whether there is room for one encoder process, asked before work that may take hours."""

from jobs.parts.ray_or_processes import may_choose_processes
from jobs.ray_address import named_address
from jobs.settings import EncodeResources


def check_room(resources: EncodeResources) -> None:
    """Refuse GPUs that are not there. How many processes there must be room for is known when the
    parts are, and checked then.

    Raises:
        SettingsError: the Ray that is joined, or this machine, has no room for one process.
        NotDone: the Ray has, but other jobs hold all of it.
    """
    gpus = resources.gpus_per_actor
    if not gpus or may_choose_processes(resources):
        return
    from jobs.parts.ray_executor import Pool, least_asked  # importing Ray takes seconds
    from jobs.placement import check_machine
    from jobs.ray_session import ray_session

    if named_address() is None:
        check_machine(least_asked((1, 1), gpus, parts=1))
        return
    with ray_session():
        Pool.plan(resources.actor_range, gpus, parts=1)
