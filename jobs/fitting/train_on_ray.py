"""Fit a head on Ray Train, with one worker or several."""

import logging
from concurrent.futures import ThreadPoolExecutor

from ray.train import (
    CheckpointConfig,
    FailureConfig,
    Result,
    RunConfig,
    ScalingConfig,
    WorkerGroupError,
)
from ray.train.torch import TorchTrainer

from jobs.fitting.fit_task import FitTask
from jobs.fitting.fitted_head import FittedHead
from jobs.fitting.train_worker import TASK, read_fitted, train_worker
from jobs.placement import Asked, check_machine, check_placement
from jobs.ray_session import ray_session

log = logging.getLogger(__name__)


def train_on_ray(task: FitTask, workers: int, gpu: bool, storage: str, name: str) -> FittedHead:
    """Fit a head, with checkpoints in the folder `storage`.

    Ray Train resumes a run of the same `name` in the same folder, so that a lost driver costs
    seconds.

    Args:
        gpu: one GPU per worker.

    Raises:
        SettingsError: Ray has no room for the workers, or the settings or embeddings do not allow
            the training.
    """
    asked = f"{'`gpu` ' if gpu else ''}`workers` {workers}"
    room = Asked(asked, workers, {"CPU": 1.0, "GPU": float(gpu)})
    check_machine(room)
    with ray_session():
        if check_placement(room):
            log.info("train: waiting until the cluster has grown by what %s asks for", asked)
        trainer = TorchTrainer(
            train_worker,
            train_loop_config={TASK: task},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpu),
            run_config=RunConfig(
                name=name,
                storage_path=storage,
                failure_config=FailureConfig(max_failures=3),
                checkpoint_config=CheckpointConfig(num_to_keep=2),
            ),
        )
        try:
            result = _fitted(trainer)
        except WorkerGroupError as err:
            raise next(iter(err.worker_failures.values())) from err
    if result.error is not None:
        raise result.error
    with result.checkpoint.as_directory() as folder:
        return read_fitted(folder)


def _fitted(trainer: TorchTrainer) -> Result:
    """Fit in a thread of its own. In the main thread Ray Train takes Ctrl-C for itself, waits for
    its workers up to half a minute, and ends without a message.
    """
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(trainer.fit).result()
    finally:
        pool.shutdown(wait=False)  # the thread ends with the Ray that it waits for
