"""Fit a head in this process: the same bytes as one Ray Train worker, without Ray's start."""

import time
from contextlib import nullcontext

import torch

from daf_core.errors import SettingsError
from daf_core.one_thread import one_thread
from daf_core.training.state import State
from jobs.fitting import checkpoints
from jobs.fitting.fit_task import FitTask
from jobs.fitting.fitted_head import FittedHead


def train_here(task: FitTask, gpu: bool, storage: str) -> FittedHead:
    """Fit a head, with checkpoints in the folder `storage`.

    A training that was stopped continues from its last checkpoint, with the same result.

    Args:
        gpu: fit on a GPU of this machine, else on one thread of its CPU.

    Raises:
        SettingsError: there is no GPU, or the settings or embeddings do not allow the training.
    """
    if gpu and not torch.cuda.is_available():
        raise SettingsError("`gpu`: expected a GPU that torch can use on this machine, found none")
    device = torch.device("cuda" if gpu else "cpu")
    last_checkpoint = time.monotonic()

    def after_epoch(state: State) -> None:
        nonlocal last_checkpoint
        if time.monotonic() - last_checkpoint > checkpoints.EVERY_S:
            checkpoints.write_state(storage, state)
            last_checkpoint = time.monotonic()

    state = checkpoints.read_state(storage, device)
    with nullcontext() if gpu else one_thread():
        return task.run(device, state, after_epoch)
