"""embeddings → tables: several heads, several seeds each, compared on the same test rows."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import ray
import torch

from daf_core.errors import SettingsError
from daf_core.evaluation.learning_curves import learning_curves
from daf_core.evaluation.rendering import arrow_table
from daf_core.evaluation.results import (
    CONTROLS_EXPLAINED,
    Made,
    explained,
    rendered,
    rendered_controls,
    standings,
    weight_controls,
)
from daf_core.evaluation.trial import Trial, run_trial
from daf_core.heads import HEADS
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, trials_output
from daf_core.training.recipe import Recipe
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.progress import progress_of
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings

VERSIONS = ("torch", "numpy", "scikit-learn", "scipy")


def run(settings: EvaluateSettings) -> str:
    """Compare heads; returns the tables and the summary line."""
    heads = _heads(settings)
    rows = load_training_data(settings, heads)
    recipe = settings.recipe.resolve(rows.corpus.counts["train"])
    if (found := rows.corpus.counts["test"]) < 2:  # of one row no interval can be drawn
        raise SettingsError(
            f"{settings.embeddings}: expected two labelled test rows or more, found {found}; give "
            f"the corpus more recordings, or splits, at `daf ingest`"
        )
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
    prints = {
        head: run_record.fingerprint(identity | _identity(rows, recipes[head])) for head in heads
    }
    trials = [Trial(head, seed) for head in heads for seed in range(settings.seeds)]
    missing = [
        trial
        for trial in trials
        if settings.fresh or not _is_done(output, trial, prints[trial.head])
    ]
    if missing:
        with ray_session(), progress_of("trials", len(missing)) as advance:
            for _ in _run(missing, rows, recipes, output, prints):
                advance()
    results = load_trials(settings)
    compared, controlled = standings(results, settings.baseline), weight_controls(results)
    facts = {
        "heads": heads,
        "seeds": settings.seeds,
        "baseline": settings.baseline,
        "data": rows.facts,
        "recipes": {head: asdict(one) for head, one in recipes.items()},
        "versions": {name: version(name) for name in VERSIONS},
        "command": asdict(settings),
    }
    counts = rows.corpus.counts
    note = explained(compared, settings.baseline, counts["test"])
    shown_tables = [ResultTable("heads", compared, rendered, note)]
    if controlled:  # none where no row has both modalities
        shown_tables.append(
            ResultTable("controls", controlled, rendered_controls, CONTROLS_EXPLAINED)
        )
    for table in shown_tables:
        _publish(output, table)
    curves = learning_curves([facts for _, facts in results])
    files.publish(files.join(output.root, "learning-curves.png"), curves)
    run_record.finish(output, identity, facts)
    shown = [f"{table.render(table.rows, 'simple')}\n\n{table.note}" for table in shown_tables]
    if settings.search:
        shown.append("\n".join(f"{head} with {_settings_of(recipes[head])}" for head in heads))
    summary = (
        f"{len(trials)} trials on {counts['train']} train, {counts['valid']} validation, "
        f"{counts['test']} test rows, {time.monotonic() - started:.1f} s, "
        f"{len(trials) - len(missing)} were done before; tables in {output.root}"
    )
    return "\n\n".join([*shown, summary])


def load_trials(settings: EvaluateSettings) -> list[Made]:
    """The rows and facts of all trials of a comparison that `run` has made."""
    output = trials_output(settings.out)
    trials = [Trial(head, seed) for head in _heads(settings) for seed in range(settings.seeds)]
    read = (parquet.read(_uri(output, trial), output.kind) for trial in trials)
    return [(table, json.loads(footer["daf.trial"])) for table, footer in read]


def _heads(settings: EvaluateSettings) -> list[str]:
    heads = [*dict.fromkeys(settings.heads)]
    for head in (*heads, settings.baseline):
        if head not in HEADS:
            raise SettingsError(f"no head is called {head!r}: expected one of {', '.join(HEADS)}")
    if settings.baseline not in heads:
        raise SettingsError(
            f"`baseline` {settings.baseline}: expected one of `heads`, {', '.join(heads)}"
        )
    return heads


def _settings_of(recipe: Recipe) -> str:
    """Those that a search may change."""
    from jobs.fitting.tune import SPACE

    found = {name: value for name, value in asdict(recipe).items() if name in SPACE}
    return ", ".join(f"{name} {value:.3g}" for name, value in found.items())


def _identity(rows: TrainingData, recipe: Recipe) -> dict[str, Any]:
    """What decides a trial beside its head and its seed, as JSON."""
    return {**rows.identity, **asdict(recipe)}


def _run(
    trials: list[Trial],
    rows: TrainingData,
    recipes: dict[str, Recipe],
    output: Output,
    fingerprints: dict[str, str],
) -> Iterator[None]:
    """Run trials, each on one CPU, and publish each as it ends."""
    work = ray.remote(num_cpus=1, max_retries=3)(_work)
    shared = ray.put(rows)
    waiting = [
        work.remote(trial, shared, recipes[trial.head], output, fingerprints[trial.head])
        for trial in trials
    ]
    while waiting:
        (ready, *_), waiting = ray.wait(waiting)
        yield ray.get(ready)


def _work(
    trial: Trial, rows: TrainingData, recipe: Recipe, output: Output, fingerprint: str
) -> None:
    torch.set_num_threads(1)
    table, facts = run_trial(trial, rows.corpus, rows.also, rows.shapes, recipe)
    footer = {"daf.fingerprint": fingerprint, "daf.trial": json.dumps(facts)}
    files.publish(_uri(output, trial), parquet.parquet_bytes(table, output.kind, footer))


def _uri(output: Output, trial: Trial) -> str:
    return output.part_uri(f"{trial.name}.parquet")


def _is_done(output: Output, trial: Trial, fingerprint: str) -> bool:
    uri = _uri(output, trial)
    if not files.exists(uri):
        return False
    return parquet.read_footer(uri, output.kind)[1].get("daf.fingerprint") == fingerprint


@dataclass(frozen=True)
class ResultTable:
    """A table for people and programs, and how to read it."""

    name: str
    rows: list[dict[str, Any]]
    render: Callable[[list[dict[str, Any]], str], str]
    note: str


def _publish(output: Output, table: ResultTable) -> None:
    """The table as Parquet, Markdown and LaTeX."""
    data = parquet.parquet_bytes(arrow_table(table.rows), table.name, {})
    files.publish(files.join(output.root, f"{table.name}.parquet"), data)
    for suffix, style, before in (("md", "github", ""), ("tex", "latex_booktabs", "% ")):
        text = f"{table.render(table.rows, style)}\n\n{before}{table.note}\n"
        files.publish(files.join(output.root, f"{table.name}.{suffix}"), text.encode())
