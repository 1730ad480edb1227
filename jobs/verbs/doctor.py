"""daf doctor: what would stop a job, before it is submitted."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from daf_core.errors import NotDone, SettingsError
from jobs.command.terminal import say
from jobs.doctor.finding import FAULT, OK, WARNING, Check, Finding, State, found_by
from jobs.doctor.machine import gpus, of_machine
from jobs.doctor.places import check_head, check_output, check_source, check_weights
from jobs.ray_address import ray_runs
from jobs.settings import DoctorSettings


def run(settings: DoctorSettings) -> str:
    """Print a line for each check; returns the summary line.

    Raises:
        NotDone: a check found a fault.
    """
    states: Counter[State] = Counter()
    for finding in _findings(settings):
        states[finding.state] += 1
        say(finding.line())
    warnings = f"{states[WARNING]} warning{'' if states[WARNING] == 1 else 's'}"
    line = f"{states.total()} checks, {states[FAULT]} faults, {warnings}".replace(
        " 1 faults", " 1 fault"
    )
    if states[FAULT]:
        raise NotDone(f"{line}; mend what is marked `fault` above")
    return line


def _findings(settings: DoctorSettings) -> Iterator[Finding]:
    yield from of_machine()
    checks: dict[str, Check] = {
        "head": partial(check_head, settings.head),
        "weights": partial(check_weights, settings.head, settings.offline),
    }
    if settings.source is not None:
        checks["source"] = partial(check_source, settings.source)
    if settings.out is not None:
        checks["output"] = partial(check_output, settings.out)
    for name, check in checks.items():
        yield found_by(name, check)
    if ray_runs():
        yield from _cluster()
    if settings.gpu:
        yield found_by("gpu", _gpu)


def _cluster() -> list[Finding]:
    from jobs.doctor.cluster import of_cluster  # importing Ray takes seconds

    try:
        return of_cluster()
    except (NotDone, SettingsError) as err:
        return [Finding("cluster", FAULT, str(err))]


def _gpu() -> tuple[State, str]:
    if ray_runs():
        from jobs.ray_session import cluster_total, ray_session

        with ray_session():
            number = cluster_total("GPU")
        if number:
            return OK, f"the Ray has {number:g}"
        return FAULT, "expected a GPU on a node of the Ray, found none"
    found = gpus()
    if not found:
        return FAULT, "expected a GPU that torch can use on this machine, found none"
    return OK, "; ".join(found)
