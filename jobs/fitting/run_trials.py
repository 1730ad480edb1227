"""Run the trials of a comparison, each on one core: in processes of this machine, or on Ray."""

import multiprocessing
from collections.abc import Hashable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import torch

from daf_core.errors import NotDone
from daf_core.evaluation.class_trial import run_class_trials
from daf_core.evaluation.sentiment_trial import run_sentiment_trials
from daf_core.evaluation.trained_heads import training_of
from daf_core.evaluation.trial import Trial
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


@dataclass(frozen=True)
class TrialsOfOneTraining:
    """Trials whose heads have the same trained parts (`training_of`)."""

    trials: list[Trial]
    recipe: Recipe
    fingerprint: str

    def publish(self, rows: TrainingData, output: Output) -> int:
        """Train once, test and publish each; returns how many trials."""
        torch.set_num_threads(1)
        run = run_sentiment_trials if rows.corpus.classes is None else run_class_trials
        for result in run(self.trials, rows.corpus, rows.also, rows.shapes, self.recipe):
            result.publish(output, self.fingerprint)
        return len(self.trials)


def grouped(runs: list[TrialRun]) -> list[TrialsOfOneTraining]:
    """The runs by what is trained once."""
    found: dict[tuple[Hashable, str], TrialsOfOneTraining] = {}
    for run in runs:
        key = (training_of(run.trial), run.fingerprint)
        group = found.setdefault(key, TrialsOfOneTraining([], run.recipe, run.fingerprint))
        group.trials.append(run.trial)
    return [*found.values()]


def in_processes(runs: list[TrialRun], rows: TrainingData, output: Output) -> Iterator[int]:
    """Run trials in as many processes as there are cores; yields how many of them ended.

    Raises:
        NotDone: a process died.
    """
    start_forkserver([])
    groups = grouped(runs)
    pool = ProcessPoolExecutor(
        min(cores(), len(groups)),
        multiprocessing.get_context("forkserver"),
        initializer=end_with_the_driver,
    )
    try:
        for future in as_completed([pool.submit(group.publish, rows, output) for group in groups]):
            yield future.result()
    except BrokenProcessPool as err:
        raise NotDone(
            "a process died, for example of too little memory; run the same command again to "
            "continue"
        ) from err
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def on_ray(runs: list[TrialRun], rows: TrainingData, output: Output) -> Iterator[int]:
    """Run trials on Ray, each training on one CPU; yields how many trials ended."""
    import ray  # takes seconds

    from jobs.ray_session import ray_session

    with ray_session():
        run_one = ray.remote(num_cpus=1, max_retries=3)(TrialsOfOneTraining.publish)
        shared = ray.put(rows)
        waiting = [run_one.remote(group, shared, output) for group in grouped(runs)]
        while waiting:
            (ready, *_), waiting = ray.wait(waiting)
            yield ray.get(ready)
