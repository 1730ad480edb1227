"""embeddings → head: the DAF head, a baseline or another fusion."""

import time
from dataclasses import asdict

from daf_core.decimals import number_of
from daf_core.embeddings.columns import stored
from daf_core.errors import SettingsError
from daf_core.evaluation.model_card import publish_record
from daf_core.heads import HEADS, build
from daf_core.heads.familiarity import Familiarity
from daf_core.measures.calibration_values import calibrations_from_json
from daf_core.stages import trained_head
from daf_core.storage import files, run_record
from daf_core.storage.differences import differences
from daf_core.storage.run_record import Json
from daf_core.training.recipe import Recipe
from daf_core.weights.specs import EncoderSpec
from jobs.command.told import tell
from jobs.fitting.fit_task import FitTask
from jobs.fitting.fitted_head import FittedHead
from jobs.fitting.train_here import train_here
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.progress import working_on
from jobs.ray_address import ray_runs
from jobs.settings import TrainSettings

CHECKPOINTS = "_train"
CLAIM = "training.json"  # in CHECKPOINTS: the identity of the training that works on the folder


def run(settings: TrainSettings) -> str:
    """Train a head; returns the summary line."""
    if settings.head not in HEADS:
        raise SettingsError(f"`head` {settings.head}: expected one of {', '.join(HEADS)}")
    run_record.check_vacant(settings.out, "head")
    rows = load_training_data(settings, [settings.head])
    recipe = settings.recipe.resolve(rows.corpus.counts["train"])
    identity = {
        "head": settings.head,
        "seed": settings.seed,
        **rows.identity,
        **asdict(recipe),
    }
    existing = files.read_json(files.join(settings.out, "head.json"))
    if existing is not None and not settings.fresh:
        found = existing.get("identity")
        found = found if isinstance(found, dict) else {}
        if found != identity:
            raise SettingsError(
                f"{settings.out}: holds a head that differs: "
                f"{differences(found, identity)}; choose another folder or start over "
                f"with `fresh`"
            )
        try:
            return f"{_summary(settings, existing, 0.0)}, was done before"
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise SettingsError(
                f"{settings.out}/head.json: expected what `daf train` wrote, found it damaged "
                f"({err!r}); start over with `fresh`"
            ) from err
    claim = _claim(settings, identity)
    started = time.monotonic()
    try:
        with working_on(
            f"training {settings.head} on {number_of(rows.corpus.counts['train'], 'row')}"
        ):
            fitted = _fit(settings, rows, recipe, run_record.fingerprint(identity))
    except SettingsError:  # with other settings it may be tried again
        files.delete(claim)
        raise
    facts = {
        "identity": identity,
        "seed": settings.seed,
        "recipe": asdict(recipe),
        "data": rows.facts,
        "metrics": fitted.metrics,
        "reliability": fitted.reliability,
        "best_epoch": fitted.best_epoch,
        "history": fitted.history,
    }
    _publish_head(settings, fitted, rows.encoders, recipe, facts)
    return _summary(settings, facts, time.monotonic() - started)


def _claim(settings: TrainSettings, identity: Json) -> str:
    """Claim the folder for this training, so that another one stops before its work; returns the
    file that does.

    Raises:
        SettingsError: a training that differs has begun there, and runs or was stopped.
    """
    folder = files.join(settings.out, CHECKPOINTS)
    if settings.fresh:
        files.delete_folder(folder)
    uri = files.join(folder, CLAIM)
    if files.create(uri, files.json_bytes(identity)):
        return uri
    found = files.read_json(uri)
    if found is not None and found != identity:
        raise SettingsError(
            f"{settings.out}: another training has begun there, and runs or was stopped: "
            f"{differences(found, identity)}; give the same to continue it, choose another "
            f"folder, or start over with `fresh`"
        )
    return uri


def _fit(settings: TrainSettings, rows: TrainingData, recipe: Recipe, name: str) -> FittedHead:
    """Fit in this process or on Ray, with checkpoints in the output folder until the head is
    published.
    """
    storage = files.join(files.absolute(settings.out), CHECKPOINTS)
    task = FitTask(settings.head, rows.corpus, rows.also, rows.shapes, recipe, settings.seed)
    if _in_this_process(settings):
        return train_here(task, settings.gpu, files.join(storage, name))
    from jobs.fitting.train_on_ray import train_on_ray  # Ray Train takes seconds to import

    return train_on_ray(task, settings.workers, settings.gpu, storage, name)


def _in_this_process(settings: TrainSettings) -> bool:
    if settings.local is not None:
        return settings.local
    return settings.workers == 1 and not ray_runs()


def _publish_head(
    settings: TrainSettings,
    fitted: FittedHead,
    encoders: dict[str, Json],
    recipe: Recipe,
    facts: Json,
) -> None:
    """Publish model card and figures, then weights, then head.json, whose presence means that all
    of the head is there.
    """
    module = build(settings.head, fitted.shapes, recipe.width, recipe.members)
    module.load_state_dict(fitted.tensors)
    publish_record(settings.out, settings.head, facts)
    trained_head.save(
        settings.out,
        module,
        kind=settings.head,
        width=recipe.width,
        members=recipe.members,
        shapes=fitted.shapes,
        encoders={name: EncoderSpec(**encoders[name]) for name in stored(fitted.shapes)},
        calibrations=calibrations_from_json(fitted.calibrations),
        familiarity={
            name: Familiarity.from_tensors(one) for name, one in fitted.familiarity.items()
        },
        languages=facts["data"]["languages"],
        label_interval=fitted.label_interval,
        error_correlation=fitted.error_correlation,
        facts=facts,
    )
    files.delete_folder(files.join(settings.out, CHECKPOINTS))


def _summary(settings: TrainSettings, facts: Json, seconds: float) -> str:
    """The summary line of a training, or of a head that was there, from its head.json."""
    data, metrics = facts["data"], facts["metrics"]
    rows, also = data["rows"], " and ".join(str(also["rows"]) for also in data["also"])
    measured = metrics["test"] or metrics["valid"]
    split = "test" if metrics["test"] else "validation"
    tell(
        "trained",
        out=settings.out,
        rows=rows,
        best_epoch=facts["best_epoch"] + 1,
        epochs=len(facts["history"]),
        split=split,
        mae=measured["mae"],
        r=measured["r"],
        seconds=seconds,
    )
    return (
        f"{rows['train']:,} train, {rows['valid']:,} validation, {rows['test']:,} test rows, "
        f"{f'{also} of --also, ' if also else ''}"
        f"best epoch {facts['best_epoch'] + 1} of {len(facts['history'])}, "
        f"{split} MAE {measured['mae']:.3f}, r {measured['r']:.3f}, {seconds:.1f} s"
    )
