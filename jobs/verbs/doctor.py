"""daf doctor: what would stop a job, before it is submitted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial

from daf_core.decimals import number_of
from daf_core.errors import NotDone
from jobs.command.terminal import say
from jobs.command.told import tell
from jobs.doctor.finding import FAULT, OK, WARNING, Finding, State, fault, found_by
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
    checks = []
    for finding in _findings(settings):
        states[finding.state] += 1
        checks.append(asdict(finding))
        tell("checked", checks=checks, faults=states[FAULT], warnings=states[WARNING])
        say(finding.line())
    counts = (number_of(states[FAULT], "fault"), number_of(states[WARNING], "warning"))
    line = f"{number_of(states.total(), 'check')}, {', '.join(counts)}"
    if states[FAULT]:
        raise NotDone(f"{line}; mend what is marked `fault` above")
    return line


def _findings(settings: DoctorSettings) -> Iterator[Finding]:
    yield from of_machine()
    yield (head := found_by("head", partial(check_head, settings.head)))
    if head.state == OK:
        yield found_by("weights", partial(check_weights, settings.head, settings.offline))
    if settings.source is not None:
        yield found_by("source", partial(check_source, settings.source))
    if settings.out is not None:
        yield found_by("output", partial(check_output, settings.out))
    if ray_runs():
        yield from _cluster(settings.gpu)
    elif settings.gpu:
        yield found_by("gpu", _gpu)


def _cluster(gpu: bool) -> list[Finding]:
    try:
        from jobs.doctor.cluster import of_cluster  # importing Ray takes seconds

        return of_cluster(gpu)
    except Exception as err:  # of ours, or of a Ray that is itself what is broken
        return [fault("cluster", err)]


def _gpu() -> tuple[State, str]:
    found = gpus()
    if not found:
        return FAULT, "expected a GPU that torch can use on this machine, found none"
    return OK, "; ".join(found)
