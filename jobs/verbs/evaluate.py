"""embeddings → tables: several heads with several seeds each, compared on the same test rows."""

import time
from dataclasses import asdict
from functools import partial
from importlib.metadata import version

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.evaluation.confusion import confusion_table
from daf_core.evaluation.figures import learning_curves
from daf_core.evaluation.rendering import ResultTable
from daf_core.evaluation.results import explained, rendered, standings
from daf_core.evaluation.trial import Trial, TrialResult, is_published
from daf_core.evaluation.use import tables_of_use
from daf_core.heads import HEADS
from daf_core.storage import files, run_record
from daf_core.storage.output import Output, trials_output
from daf_core.storage.run_record import Json
from daf_core.training.recipe import Recipe
from jobs.command.told import tell
from jobs.fitting.run_trials import TrialRun, in_processes, on_ray
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.progress import progress_of
from jobs.ray_address import ray_runs
from jobs.settings import EvaluateSettings

USUAL_BASELINE = "concat"
VERSIONS = ("torch", "numpy", "scikit-learn", "scipy")


def run(settings: EvaluateSettings) -> str:
    """Compare heads; returns the tables and the summary line."""
    heads = _heads(settings)
    baseline = _baseline(settings, heads)
    rows = load_training_data(settings, heads, settings.asked_classes)
    _check_test_rows(settings, rows)
    recipe = settings.recipe.resolve(rows.corpus.counts["train"])
    output = trials_output(settings.out)
    identity = _identity(rows, recipe)
    if settings.search:
        identity["search"] = settings.search
    started = time.monotonic()
    run_record.begin(output, identity, settings.fresh)
    recipes = dict.fromkeys(heads, recipe)
    if settings.search:
        from jobs.fitting.tune import search_recipes  # Ray Tune takes a second to load

        recipes = search_recipes(recipes, rows, settings, output, run_record.fingerprint(identity))
    trials = _trials(settings)
    missing = _run_missing(trials, settings, rows, recipes, output, identity)
    results = load_trials(settings)
    compared = standings(results, baseline)
    heads_table = ResultTable(
        "heads",
        [row.as_row() for row in compared],
        partial(rendered, compared),
        explained(compared, baseline, results),
    )
    tables = [heads_table, *tables_of_use(results)]
    if rows.corpus.classes is not None:
        tables.insert(1, confusion_table(results, rows.corpus.classes.names))
    for table in tables:
        table.publish(output.root)
    curves = learning_curves([result.facts for result in results])
    files.publish(files.join(output.root, "learning-curves.png"), curves)
    run_record.finish(output, identity, _facts(settings, rows, recipes, baseline))
    shown = [table.shown() for table in tables]
    if settings.search:
        shown.append("\n".join(f"{head} with {_searched(recipes[head])}" for head in heads))
    counts = rows.corpus.counts
    tell(
        "evaluated",
        out=output.root,
        rows=dict(counts),
        trials=len(trials),
        done_before=len(trials) - missing,
        seconds=time.monotonic() - started,
    )
    summary = (
        f"{number_of(len(trials), 'trial')} on {counts['train']:,} train, {counts['valid']:,} "
        f"validation, {counts['test']:,} test rows, {time.monotonic() - started:.1f} s, "
        f"{number_of(len(trials) - missing, 'was', 'were')} done before; tables in {output.root}"
    )
    return "\n\n".join([*shown, summary])


def load_trials(settings: EvaluateSettings) -> list[TrialResult]:
    """The results of all trials of a comparison that `run` has made."""
    output = trials_output(settings.out)
    return [TrialResult.read(output, trial) for trial in _trials(settings)]


def _heads(settings: EvaluateSettings) -> list[str]:
    """The heads to compare, each once.

    Raises:
        SettingsError: there is no such head.
    """
    heads = [*dict.fromkeys(settings.heads)]
    for head in heads:
        if head not in HEADS:
            raise SettingsError(f"`heads` {head}: expected one of {', '.join(HEADS)}")
    return heads


def _baseline(settings: EvaluateSettings, heads: list[str]) -> str:
    """The head that the others are compared with.

    Raises:
        SettingsError: it is not among them.
    """
    if settings.baseline is None:
        return USUAL_BASELINE if USUAL_BASELINE in heads else heads[0]
    if settings.baseline not in heads:
        raise SettingsError(
            f"`baseline` {settings.baseline}: expected one of `heads`, {', '.join(heads)}"
        )
    return settings.baseline


def _trials(settings: EvaluateSettings) -> list[Trial]:
    return [Trial(head, seed) for head in _heads(settings) for seed in range(settings.seeds)]


def _check_test_rows(settings: EvaluateSettings, rows: TrainingData) -> None:
    """Two rows at least: an interval over one row does not exist."""
    if (found := rows.corpus.counts["test"]) < 2:
        raise SettingsError(
            f"{settings.embeddings}: expected two labelled test rows or more, found {found}; give "
            f"the corpus more recordings, or splits, at `daf ingest`"
        )


def _identity(rows: TrainingData, recipe: Recipe) -> Json:
    """What decides a trial, except for its head and its seed."""
    return {**rows.identity, **asdict(recipe)}


def _run_missing(
    trials: list[Trial],
    settings: EvaluateSettings,
    rows: TrainingData,
    recipes: dict[str, Recipe],
    output: Output,
    identity: Json,
) -> int:
    """Run the trials that are not published yet; returns their number."""
    fingerprints = {
        head: run_record.fingerprint(identity | _identity(rows, recipe))
        for head, recipe in recipes.items()
    }
    missing = [
        TrialRun(trial, recipes[trial.head], fingerprints[trial.head])
        for trial in trials
        if settings.fresh or not is_published(output, trial, fingerprints[trial.head])
    ]
    if missing:
        run = in_processes if _in_processes(settings) else on_ray
        with progress_of("trials", len(missing)) as advance:
            for ended in run(missing, rows, output):
                advance(ended)
    return len(missing)


def _in_processes(settings: EvaluateSettings) -> bool:
    """Whether processes of this machine run the trials: they are asked for, or no Ray is named."""
    return not ray_runs() if settings.local is None else settings.local


def _facts(
    settings: EvaluateSettings, rows: TrainingData, recipes: dict[str, Recipe], baseline: str
) -> Json:
    """What the run record says beside the identity."""
    return {
        "heads": [*recipes],
        "seeds": settings.seeds,
        "baseline": baseline,
        "data": rows.facts,
        "recipes": {head: asdict(recipe) for head, recipe in recipes.items()},
        "versions": {name: version(name) for name in VERSIONS},
        "command": asdict(settings),
    }


def _searched(recipe: Recipe) -> str:
    """The values that the search has chosen."""
    from jobs.fitting.tune import SPACE

    return ", ".join(f"{name} {getattr(recipe, name):.3g}" for name in SPACE)
