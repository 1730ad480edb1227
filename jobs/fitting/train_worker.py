"""What runs on each Ray Train worker: fit, checkpoint now and then, report the fitted head."""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ray.train
import torch
from ray.train import Checkpoint
from ray.train.torch import get_device

from daf_core.errors import SettingsError
from daf_core.training.fitting import fit_head
from daf_core.training.loop import State

CHECKPOINT_EVERY_S = 10.0
STATE_FILE, FITTED_FILE = "state.pt", "fitted.pt"


def train_worker(config: dict[str, Any]) -> None:
    """`config`: the arguments of `fit_head` up to the recipe, and `also`.

    After a lost worker Ray Train starts all of them again from the last checkpoint; the epochs
    after it are the same again, so the result is too.
    """
    first = ray.train.get_context().get_world_rank() == 0
    last_checkpoint = time.monotonic()

    def after_epoch(state: State) -> None:
        nonlocal last_checkpoint
        due = torch.tensor(float(time.monotonic() - last_checkpoint > CHECKPOINT_EVERY_S))
        if _agree(due):
            last_checkpoint = time.monotonic()
            _report(state.history[-1], state.as_dict() if first else None, STATE_FILE)

    try:
        fitted = fit_head(
            **config, device=get_device(), resume=_last_state(), after_epoch=after_epoch
        )
    except SettingsError as err:  # raised, it would be tried again
        _report({}, {"refused": str(err)} if first else None, FITTED_FILE)
        return
    result = {
        "module": fitted.module.state_dict(),
        "streams": {name: list(shape) for name, shape in fitted.streams.items()},
        "known": {name: asdict(learned) for name, learned in fitted.calibrations.items()},
        "metrics": fitted.metrics,
        "reliability": fitted.reliability,
        "history": fitted.state.history,
        "best_epoch": fitted.state.best_epoch,
    }
    _report(fitted.metrics["valid"], result if first else None, FITTED_FILE)


def _report(metrics: dict[str, float], content: dict[str, Any] | None, name: str) -> None:
    """Every worker reports; the first one brings the checkpoint."""
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
        path = Path(folder) / STATE_FILE
        return State(**torch.load(path, weights_only=True)) if path.exists() else None


def _agree(value: torch.Tensor) -> bool:
    """The first worker's yes or no, on all of them: they must report together."""
    if torch.distributed.is_initialized():
        value = value.to(get_device())
        torch.distributed.broadcast(value, src=0)
    return bool(value.item())
