"""daf render: a command's settings → the file that starts it on a cluster."""

import dataclasses
import shlex
from typing import Any

from cyclopts import CycloptsError

from daf_core.errors import SettingsError
from daf_core.storage import files
from jobs import cli
from jobs.command.check_uris import check_uris
from jobs.command.told import tell
from jobs.render.ray_up import ray_up
from jobs.render.rayjob import rayjob
from jobs.render.slurm import slurm
from jobs.settings import RenderSettings, WhereAndHowLong

MAKERS = {"rayjob": rayjob, "slurm": slurm, "ray-up": ray_up}
START = {"rayjob": "kubectl create -f", "slurm": "sbatch", "ray-up": "ray up"}
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
    arguments = _checked(settings.command)
    command = shlex.join(["daf", *arguments])
    start = START[settings.to]
    said = NEXT.format(start=start, out=shlex.quote(settings.out), more=NOTES[settings.to])
    text = MAKERS[settings.to](settings, command, said)
    files.publish(settings.out, text.encode())
    tell("rendered", out=settings.out, to=settings.to, command=command)
    return f"{settings.out}: runs {command}; start it with {start} {shlex.quote(settings.out)}"


def _checked(command: list[str]) -> list[str]:
    """The command as it is run there: with the options of its file, without what is secret.

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
    return arguments


def _check_secrets(asked: Any) -> None:
    """Refuse secrets, which would be read by all who see the job."""
    for one in dataclasses.fields(asked):
        value = getattr(asked, one.name)
        if not one.repr and value is not None and not str(value).startswith("@"):
            raise SettingsError(f"`{one.name}`: expected @FILE, as the job is seen by others")
