"""Where a rendered command reads and writes: what only this machine has, the cluster does not."""

import os
from collections.abc import Iterator
from typing import Any

from daf_core.default_heads import default_heads
from daf_core.errors import SettingsError
from jobs.ray_address import LOCAL
from jobs.settings import EvaluateSettings, TrainSettings
from jobs.settings.render import Rendered

# Settings that name files and folders.
_PLACES = (
    *("source", "manifest", "embeddings", "scores", "features", "also", "transcripts", "meta"),
    *("labels", "allow_root", "out"),
)
_HEADS = ("head", "heads")  # or a name of the package
_ENCODERS = ("text_encoder", "audio_encoder", "model")  # or a name of Hugging Face
_SALT = "hash_ids"  # or @FILE
_NEED = "expected s3://… or an absolute path of a folder that all nodes share"
_WHY_NOT = {"rayjob": "lies in a pod there and is deleted with it"}
_MAY = {
    "slurm": "lies in the folder that sbatch is called from",
    "ray-up": "lies on the cluster's head, in the folder that the job runs in",
}


def check_runs_on_cluster(verb: str, asked: Any) -> None:
    """Check that a command takes the workers of its cluster.

    Raises:
        SettingsError: it is asked to work on one machine alone.
    """
    if getattr(asked, "local", None):
        raise SettingsError(
            f"daf {verb}: `local`: expected a command that uses the cluster's nodes, found one "
            f"that works on one machine alone; leave `local` out, also of the file of --config"
        )
    if asked.address == LOCAL:
        raise SettingsError(
            f"daf {verb}: `address` {LOCAL}: expected a command that joins the cluster's Ray, "
            f"found one that starts its own on one machine; leave `address` out"
        )


def relative_places(to: Rendered, verb: str, asked: Any) -> list[str]:
    """Lines on paths that are relative, and so of a folder of the machine that runs the command.

    Raises:
        SettingsError: such a folder is gone when the job has ended.
    """
    found = [f"`{name}` {value}" for name, value in _named(asked) if _is_relative(value)]
    if found and to in _WHY_NOT:
        raise SettingsError(
            f"daf {verb}: {found[0]}: {_NEED}, found a relative path, which {_WHY_NOT[to]}"
        )
    return [
        f"render: daf {verb}: {one} is a relative path, which {_MAY[to]}; if not all nodes share "
        f"that, give s3://… or an absolute path of a folder that they share"
        for one in found
    ]


def _named(asked: Any) -> Iterator[tuple[str, str]]:
    """The settings that name files or folders."""
    for name in _PLACES:
        yield from ((name, one) for one in _values(asked, name))
    if not isinstance(asked, TrainSettings | EvaluateSettings):  # there they are kinds of heads
        for name in _HEADS:
            yield from ((name, one) for one in _values(asked, name) if one not in default_heads())
    for name in _ENCODERS:
        values = _values(asked, name)
        yield from ((name, one) for one in values if one.startswith(".") or os.path.isdir(one))
    for one in _values(asked, _SALT):
        if one.startswith("@"):
            yield _SALT, one[1:]


def _values(asked: Any, name: str) -> list[str]:
    value = getattr(asked, name, None)
    return [] if value is None else [value] if isinstance(value, str) else [*value]


def _is_relative(value: str) -> bool:
    return "://" not in value and not value.startswith("/")
