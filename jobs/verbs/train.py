"""embeddings → head: the DAF head, a baseline or another fusion, on Ray Train."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig, WorkerGroupError
from ray.train.torch import TorchTrainer

from daf_core.embeddings.columns import stored
from daf_core.errors import SettingsError
from daf_core.evaluation.model_card import publish_record
from daf_core.heads import HEADS, build
from daf_core.measures.calibration_values import calibrations_from_json
from daf_core.measures.familiarity import Familiarity
from daf_core.stages import trained_head
from daf_core.storage import files, run_record
from daf_core.storage.run_record import Json
from daf_core.training.recipe import Recipe
from daf_core.weights.specs import EncoderSpec
from jobs.fitting.train_worker import FittedHead, train_worker
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.placement import Asked, check_placement
from jobs.progress import working_on
from jobs.ray_session import ray_session
from jobs.settings import TrainSettings

log = logging.getLogger(__name__)


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
                f"{run_record.differences(found, identity)}; choose another folder or start over "
                f"with `fresh`"
            )
        try:
            return f"{_summary(existing, 0.0)}, was done before"
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise SettingsError(
                f"{settings.out}/head.json: expected what `daf train` wrote, found it damaged "
                f"({err!r}); start over with `fresh`"
            ) from err
    started = time.monotonic()
    with working_on(f"training {settings.head} on {rows.corpus.counts['train']} rows"):
        fitted = _fit(settings, rows, recipe, run_record.fingerprint(identity))
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
    return _summary(facts, time.monotonic() - started)


def _fit(settings: TrainSettings, rows: TrainingData, recipe: Recipe, name: str) -> FittedHead:
    """Run Ray Train, with checkpoints in the output folder until the head is published.

    Ray Train resumes a run of the same `name` in the same folder, so that a lost driver costs
    seconds.
    """
    storage = files.join(files.absolute(settings.out), "_train")
    with ray_session():
        _check_room(settings)
        trainer = TorchTrainer(
            train_worker,
            train_loop_config={
                "kind": settings.head,
                "corpus": rows.corpus,
                "also": rows.also,
                "shapes": rows.shapes,
                "recipe": recipe,
                "seed": settings.seed,
            },
            scaling_config=ScalingConfig(num_workers=settings.workers, use_gpu=settings.gpu),
            run_config=RunConfig(
                name=name,
                storage_path=storage,
                failure_config=FailureConfig(max_failures=3),
                checkpoint_config=CheckpointConfig(num_to_keep=2),
            ),
        )
        try:
            with _interruptible():
                result = trainer.fit()
        except WorkerGroupError as err:
            raise next(iter(err.worker_failures.values())) from err
    if result.error is not None:
        raise result.error
    with result.checkpoint.as_directory() as folder:
        return FittedHead.read(folder)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make Ctrl-C raise KeyboardInterrupt. Ray Train's own handler exits without a message, and
    remains installed after the training.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as err:
        raise KeyboardInterrupt from err
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


def _check_room(settings: TrainSettings) -> None:
    """Refuse more workers than the Ray has room for, or may grow to."""
    each = {"CPU": 1.0, "GPU": float(settings.gpu)}
    asked = f"{'`gpu` ' if settings.gpu else ''}`workers` {settings.workers}"
    if check_placement(Asked(asked, settings.workers, each)):
        log.info("train: waiting until the cluster has grown by what %s asks for", asked)


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
    module = build(settings.head, fitted.shapes, recipe.width)
    module.load_state_dict(fitted.tensors)
    publish_record(settings.out, settings.head, facts)
    trained_head.save(
        settings.out,
        module,
        kind=settings.head,
        width=recipe.width,
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
    files.delete_folder(files.join(settings.out, "_train"))


def _summary(facts: Json, seconds: float) -> str:
    """The summary line of a training, or of a head that was there, from its head.json."""
    data, metrics = facts["data"], facts["metrics"]
    rows, also = data["rows"], " and ".join(str(also["rows"]) for also in data["also"])
    measured = metrics["test"] or metrics["valid"]
    split = "test" if metrics["test"] else "validation"
    return (
        f"{rows['train']} train, {rows['valid']} validation, {rows['test']} test rows, "
        f"{f'{also} of --also, ' if also else ''}"
        f"best epoch {facts['best_epoch'] + 1} of {len(facts['history'])}, "
        f"{split} MAE {measured['mae']:.3f}, r {measured['r']:.3f}, {seconds:.1f} s"
    )
