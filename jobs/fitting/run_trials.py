"""Run the trials of a comparison, each on one core: in processes of this machine, or on Ray."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import torch

from daf_core.errors import NotDone
from daf_core.evaluation.class_trial import run_class_trial
from daf_core.evaluation.trial import Trial, run_trial
from daf_core.storage.output import Output
from daf_core.training.recipe import Recipe
from jobs.fitting.training_data import TrainingData
from jobs.parts.forkserver import start_forkserver
from jobs.parts.process_executor import cores, end_with_the_driver


@dataclass(frozen=True)
class TrialRun:
    """A trial with its recipe, and the fingerprint of the settings that it is published with."""

    trial: Trial
    recipe: Recipe
    fingerprint: str

    def publish(self, rows: TrainingData, output: Output) -> None:
        """Train, test and publish."""
        torch.set_num_threads(1)
        run = run_trial if rows.corpus.classes is None else run_class_trial
        result = run(self.trial, rows.corpus, rows.also, rows.shapes, self.recipe)
        result.publish(output, self.fingerprint)


def in_processes(runs: list[TrialRun], rows: TrainingData, output: Output) -> Iterator[None]:
    """Run trials in as many processes as there are cores; yields after each.

    Raises:
        NotDone: a process died.
    """
    start_forkserver([])
    pool = ProcessPoolExecutor(
        min(cores(), len(runs)),
        multiprocessing.get_context("forkserver"),
        initializer=end_with_the_driver,
    )
    try:
        for future in as_completed([pool.submit(run.publish, rows, output) for run in runs]):
            yield future.result()
    except BrokenProcessPool as err:
        raise NotDone(
            "a process died, for example of too little memory; run the same command again to "
            "continue"
        ) from err
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def on_ray(runs: list[TrialRun], rows: TrainingData, output: Output) -> Iterator[None]:
    """Run trials on Ray, each on one CPU; yields after each."""
    import ray  # takes seconds

    from jobs.ray_session import ray_session

    with ray_session():
        run_one = ray.remote(num_cpus=1, max_retries=3)(TrialRun.publish)
        shared = ray.put(rows)
        waiting = [run_one.remote(run, shared, output) for run in runs]
        while waiting:
            (ready, *_), waiting = ray.wait(waiting)
            yield ray.get(ready)
