"""Run `daf` as a process, and give it a head where what the head says does not matter."""

import os
import subprocess
import sys
from collections.abc import Iterable

import torch

from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.stages.embed import Embed
from daf_core.weights.specs import resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

DAF = [sys.executable, "-c", "from jobs.command.console import command; command()"]
CORES = len(os.sched_getaffinity(0))


def daf(*arguments: object, prefix: Iterable[object] = ()) -> None:
    """Run a `daf` command to its end.

    Raises:
        CalledProcessError: its exit status is not 0.
    """
    print("daf", *arguments, flush=True)
    subprocess.run(list(map(str, [*prefix, *DAF, *arguments])), check=True)


def save_untrained_head(
    folder: str, text: str = TEXT_ENCODER, audio: str = AUDIO_ENCODER, width: int = 128
) -> None:
    """Save a DAF head with random weights for these encoders; the same bytes each time."""
    encoders = {"text": resolve(text), "audio": resolve(audio)}
    shapes = Embed(encoders).shapes
    torch.manual_seed(0)
    trained_head.save(
        folder,
        build("daf", shapes, width),
        kind="daf",
        width=width,
        shapes=shapes,
        encoders=encoders,
        calibrations={},
        facts={},
    )
