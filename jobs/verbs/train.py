"""embeddings → head: a DAF head or a baseline, on Ray Train."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig, WorkerGroupError
from ray.train.torch import TorchTrainer

from daf_core.embeddings.columns import ColumnShapes, stored
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.measures.calibration_values import Calibration
from daf_core.stages import trained_head
from daf_core.storage import files, run_record
from daf_core.training.model_card import publish_record
from daf_core.training.recipe import Recipe
from daf_core.weights.specs import EncoderSpec
from jobs.fitting.train_worker import FITTED_FILE, train_worker
from jobs.fitting.training_data import TrainingData, load_training_data
from jobs.progress import working_on
from jobs.ray_session import cluster_total, ray_session
from jobs.settings import TrainSettings

log = logging.getLogger(__name__)


def run(settings: TrainSettings) -> str:
    """Train a head; returns the summary line."""
    if settings.head not in HEADS:
        raise SettingsError(f"`head` {settings.head}: expected one of {', '.join(HEADS)}")
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
        if existing.get("identity") != identity:
            raise SettingsError(
                f"{settings.out}: holds a head that differs: "
                f"{run_record.differences(existing, identity)}; choose another folder or "
                f"start over with `fresh`"
            )
        return f"{_summary(existing, 0.0)}, was done before"
    started = time.monotonic()
    with working_on(f"training {settings.head} on {rows.corpus.counts['train']} rows"):
        fitted = _fit(settings, rows, recipe, run_record.fingerprint(identity))
    facts = {
        "identity": identity,
        "seed": settings.seed,
        "recipe": asdict(recipe),
        "data": rows.facts,
        **{key: fitted[key] for key in ("metrics", "reliability", "best_epoch", "history")},
    }
    _publish_head(settings, fitted, rows.encoders, recipe, facts)
    return _summary(facts, time.monotonic() - started)


def _fit(settings: TrainSettings, rows: TrainingData, recipe: Recipe, name: str) -> dict[str, Any]:
    """Run Ray Train; checkpoints lie under OUT until the head is made.

    A run of the same name and place is continued, so that a lost driver costs seconds.
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
        fitted: dict[str, Any] = torch.load(Path(folder) / FITTED_FILE, weights_only=True)
    if "refused" in fitted:
        raise SettingsError(fitted["refused"])
    return fitted


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C means what it does elsewhere: Ray Train's own handler ends the process without a word,
    and stays when training is done.
    """
    usual = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as err:
        raise KeyboardInterrupt from err
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, usual)


def _check_room(settings: TrainSettings) -> None:
    """Refuse more workers than this machine's own Ray has room for; those of a cluster, which may
    grow, are waited for.
    """
    each = "GPU" if settings.gpu else "CPU"
    there = cluster_total(each)
    if settings.workers <= there:
        return
    asked = f"{'--gpu ' if settings.gpu else ''}--workers {settings.workers}"
    has = f"{asked}: expected a {each} for each, Ray has {there:g}"
    if os.environ.get("RAY_ADDRESS", "local") == "local":
        raise SettingsError(f"{has} here; on a cluster, say by RAY_ADDRESS which")
    log.info("train: %s as yet, waiting for more", has)


def _publish_head(
    settings: TrainSettings,
    fitted: dict[str, Any],
    encoders: dict[str, dict[str, Any]],
    recipe: Recipe,
    facts: dict[str, Any],
) -> None:
    """The record first, then weights and head.json: a head.json that is there is a whole head."""
    streams: ColumnShapes = {
        name: (layers, size) for name, (layers, size) in fitted["streams"].items()
    }
    module = build(settings.head, streams, recipe.width)
    module.load_state_dict(fitted["module"])
    publish_record(settings.out, settings.head, facts)
    trained_head.save(
        settings.out,
        module,
        kind=settings.head,
        width=recipe.width,
        shapes=streams,
        encoders={name: EncoderSpec(**encoders[name]) for name in stored(streams)},
        calibrations={name: Calibration(**one) for name, one in fitted["known"].items()},
        facts=facts,
    )
    files.delete_folder(files.join(settings.out, "_train"))


def _summary(facts: dict[str, Any], seconds: float) -> str:
    data, metrics = facts["data"], facts["metrics"]
    rows, also = data["rows"], " and ".join(str(also["rows"]) for also in data["also"])
    judged = metrics["test"] or metrics["valid"]
    split = "test" if metrics["test"] else "validation"
    return (
        f"{rows['train']} train, {rows['valid']} validation, {rows['test']} test rows, "
        f"{f'{also} of --also, ' if also else ''}"
        f"best epoch {facts['best_epoch'] + 1} of {len(facts['history'])}, "
        f"{split} MAE {judged['mae']:.3f}, r {judged['r']:.3f}, {seconds:.1f} s"
    )
