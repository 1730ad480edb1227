"""The function that each Ray Train worker runs: fit, checkpoint, and report the fitted head."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray.train
import torch
from ray.train import Checkpoint
from ray.train.torch import get_device

from daf_core.errors import SettingsError
from daf_core.training.state import State
from jobs.fitting import checkpoints
from jobs.fitting.fitted_head import FittedHead

TASK = "task"
FITTED_FILE, ERROR_FILE = "fitted.pt", "error.pt"


def read_fitted(folder: str) -> FittedHead:
    """The head in the last checkpoint of `train_worker`.

    Raises:
        SettingsError: the settings or embeddings do not allow the training.
    """
    error = Path(folder) / ERROR_FILE
    if error.exists():
        raise SettingsError(torch.load(error, weights_only=True)["message"])
    return FittedHead(**torch.load(Path(folder) / FITTED_FILE, weights_only=True))


def train_worker(config: dict[str, Any]) -> None:
    """Fit a head and report it as `FittedHead`.

    After a lost worker Ray Train starts all workers again. They resume from the last checkpoint and
    repeat the epochs after it, with the same result.

    Args:
        config: the `FitTask`, by the name TASK.
    """
    first = ray.train.get_context().get_world_rank() == 0
    last_checkpoint = time.monotonic()

    def after_epoch(state: State) -> None:
        nonlocal last_checkpoint
        due = torch.tensor(float(time.monotonic() - last_checkpoint > checkpoints.EVERY_S))
        if _first_workers(due):
            last_checkpoint = time.monotonic()
            _report(state.history[-1], state.as_dict() if first else None, checkpoints.STATE_FILE)

    try:
        fitted = config[TASK].run(get_device(), _last_state(), after_epoch)
    except SettingsError as err:  # reported as a result: Ray Train would retry an exception
        _report({}, {"message": str(err)} if first else None, ERROR_FILE)
        return
    _report(fitted.metrics["valid"], vars(fitted) if first else None, FITTED_FILE)


def _report(metrics: dict[str, float], content: Mapping[str, Any] | None, name: str) -> None:
    """Report to Ray Train, as every worker must; only the first worker has a checkpoint."""
    if content is None:
        ray.train.report(metrics)
        return
    with tempfile.TemporaryDirectory() as folder:
        torch.save(content, Path(folder) / name)
        ray.train.report(metrics, checkpoint=Checkpoint.from_directory(folder))


def _last_state() -> State | None:
    checkpoint = ray.train.get_checkpoint()
    if checkpoint is None:
        return None
    with checkpoint.as_directory() as folder:
        return checkpoints.read_state(folder, torch.device("cpu"))


def _first_workers(value: torch.Tensor) -> bool:
    """The first worker's yes or no, on all workers: they must report together."""
    if torch.distributed.is_initialized():
        value = value.to(get_device())
        torch.distributed.broadcast(value, src=0)
    return bool(value.item())
