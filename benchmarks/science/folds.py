"""Trials on a corpus whose rows are split anew, as `daf evaluate` would make them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa

from daf_core.evaluation.trial import Trial, TrialResult, is_published
from daf_core.measures.metrics import regression_metrics
from daf_core.schemas import SPLITS
from daf_core.storage import run_record
from daf_core.storage.output import trials_output
from daf_core.training.dataset import Corpus
from daf_core.training.recipe import Recipe
from daf_core.training.splits import UNUSED
from jobs.fitting.run_trials import TrialRun, in_processes
from jobs.fitting.training_data import TrainingData


def split_anew(
    data: TrainingData, column: str, split_of: Callable[[str], str | None], name: str
) -> TrainingData:
    """The data with the split that `split_of` gives to the value of a column of each row, or None
    for rows that are not used; rows that were not used before stay so.
    """
    source = data.corpus.source
    numbers = {one: number for number, one in enumerate(SPLITS)} | {None: UNUSED}
    parts = {}
    for part, used in data.corpus.parts.items():
        values = source.read(part, [column])[column].to_pylist()
        split = np.array([numbers[split_of(value)] for value in values], np.int8)
        parts[part] = np.where(used == UNUSED, UNUSED, split).astype(np.int8)
    return replace(data, corpus=Corpus(source, parts, name))


def trials_on(
    data: TrainingData, trials: Sequence[Trial], recipe: Recipe, out: str
) -> list[TrialResult]:
    """The result of each trial; those that are not in the folder `out` yet are made."""
    output = trials_output(out)
    fingerprint = run_record.fingerprint({"recipe": asdict(recipe)} | data.identity)
    missing = [
        TrialRun(trial, recipe, fingerprint)
        for trial in trials
        if not is_published(output, trial, fingerprint)
    ]
    if missing:
        for ended in in_processes(missing, data, output):
            print("." * ended, end="", flush=True)
    return [TrialResult.read(output, trial) for trial in trials]


def over_folds(folds: Sequence[TrialResult]) -> TrialResult:
    """The same trial on all folds: rows joined; coverage, width and time averaged."""
    rows = pa.concat_tables([one.rows for one in folds])
    test = regression_metrics(rows["sentiment"].to_numpy(), rows["label"].to_numpy())
    for name in ("coverage", "width"):
        test[name] = float(np.mean([one.facts.test[name] for one in folds]))
    seconds = float(np.mean([one.facts.seconds for one in folds]))
    return TrialResult(rows, replace(folds[0].facts, test=test, seconds=seconds))
