"""daf render: a command's settings → the file that starts it on a cluster."""

import dataclasses
import logging
import shlex
from typing import Any

from cyclopts import CycloptsError

from daf_core.errors import SettingsError
from daf_core.storage import files
from jobs import cli
from jobs.command.check_uris import check_uris
from jobs.command.told import tell
from jobs.render.places import check_runs_on_cluster, relative_places
from jobs.render.ray_up import ray_up
from jobs.render.rayjob import rayjob
from jobs.render.slurm import slurm
from jobs.settings import RenderSettings, WhereAndHowLong

log = logging.getLogger(__name__)
MAKERS = {"rayjob": rayjob, "slurm": slurm, "ray-up": ray_up}
START = {"rayjob": "kubectl create -f", "slurm": "sbatch", "ray-up": "ray up"}
STARTS_WITH = "{out}: runs {command}; start it with {start} {quoted}"
# `ray up` starts the cluster alone.
STEPS = (
    "{out}: starts a cluster for {command}; start that with {start} {quoted}, then submit the job "
    "with the line `ray job submit` in the comment at the top of {out}"
)
NEXT = "Made by daf render. Start it: {start} {out}\n{more}"
NOTES = {
    "rayjob": "What its namespace needs once: cluster/kuberay/namespace.",
    "slurm": "From a shared folder that has the .venv; again, it goes on with what is missing.",
    "ray-up": "Replace what cluster/README.md says; wait for all workers (ray status).",
}


def run(settings: RenderSettings) -> str:
    """Write the file; returns a summary of one line.

    Raises:
        SettingsError: the command is none that works on a cluster, or its options are wrong.
        NotDone: the file cannot be written.
    """
    arguments, asked = _checked(settings.command)
    for line in relative_places(settings.to, arguments[0], asked):
        log.warning(line)
    command = shlex.join(["daf", *arguments])
    start = START[settings.to]
    comment = NEXT.format(start=start, out=shlex.quote(settings.out), more=NOTES[settings.to])
    text = MAKERS[settings.to](settings, command, comment)
    files.publish(settings.out, text.encode())
    tell("rendered", out=settings.out, to=settings.to, command=command)
    said = STEPS if settings.to == "ray-up" else STARTS_WITH
    quoted = shlex.quote(settings.out)
    return said.format(out=settings.out, command=command, start=start, quoted=quoted)


def _checked(command: list[str]) -> tuple[list[str], Any]:
    """The command as it is run there: with the options of its file, without what is secret; and its
    settings.

    Raises:
        SettingsError: it is none that works on a cluster, or its options are wrong.
    """
    verbs = [one for one, kind in cli.VERBS.items() if issubclass(kind, WhereAndHowLong)]
    if command[0] not in verbs:
        raise SettingsError(
            f"`command`: expected one that works on a cluster ({', '.join(verbs)}), found "
            f"{command[0]}"
        )
    arguments = cli.with_config(command)
    try:
        _, bound, _ = cli.app.parse_args(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as err:
        raise SettingsError(f"daf {command[0]}: {' '.join(str(err).split())}") from err
    asked = bound.arguments["asked"]
    check_uris(asked)
    _check_secrets(asked)
    check_runs_on_cluster(command[0], asked)
    return arguments, asked


def _check_secrets(asked: Any) -> None:
    """Refuse secrets, which would be read by all who see the job."""
    for one in dataclasses.fields(asked):
        value = getattr(asked, one.name)
        if not one.repr and value is not None and not str(value).startswith("@"):
            raise SettingsError(f"`{one.name}`: expected @FILE, as the job is seen by others")
