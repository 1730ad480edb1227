"""embeddings → head: a DAF head or a baseline, on Ray Train."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig, WorkerGroupError
from ray.train.torch import TorchTrainer

from daf_core import index, runs, tables, trained_head
from daf_core.dataset import Corpus, labelled_corpus
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.modalities import Streams
from daf_core.runs import Output
from daf_core.training import Recipe
from daf_core.weights.specs import EncoderSpec
from jobs.session import ray_session
from jobs.settings import TrainSettings
from jobs.train_record import publish_record
from jobs.train_worker import FITTED_FILE, train_worker


def run(settings: TrainSettings) -> str:
    """Train a head; returns the summary line."""
    if settings.head not in HEADS:
        raise SettingsError(f"--head {settings.head}: expected one of {', '.join(HEADS)}")
    source = runs.embeddings_output(settings.embeddings)
    record = runs.complete_record(source)
    recipe = Recipe(
        width=settings.width,
        batch_rows=settings.batch_rows,
        also_rows=settings.also_rows if settings.also else 0,
        epochs=settings.epochs,
        patience=settings.patience,
        learning_rate=settings.learning_rate,
        modality_dropout=settings.modality_dropout,
        seed=settings.seed,
    )
    data = _fingerprint(source, record)
    shapes = _shapes(source, settings.first_layers)
    identity = {"embeddings": data, "head": settings.head, "layers": settings.layers}
    identity |= asdict(recipe)
    also = runs.embeddings_output(settings.also) if settings.also else None
    if also is not None:
        identity["also"] = _fingerprint(also, _same_encoders(also, record, source))
    existing = tables.read_json(tables.join(settings.out, "head.json"))
    if existing is not None and not settings.fresh:
        if existing.get("identity") != identity:
            raise SettingsError(
                f"{settings.out}: holds a head that differs: "
                f"{runs.differences(existing, identity)}; choose another folder or start over "
                f"with --fresh"
            )
        return f"{_summary(existing, 0.0)}, was done before"
    started = time.monotonic()
    corpus = labelled_corpus(source)
    more = labelled_corpus(also) if also is not None else None
    fitted = _fit(settings, corpus, more, shapes, recipe, runs.fingerprint(identity))
    facts = {
        "identity": identity,
        "seed": recipe.seed,
        "recipe": asdict(recipe),
        "data": {
            "embeddings": source.root,
            "fingerprint": data,
            "rows": corpus.counts,
            "splits": corpus.rule,
            "also": more and {"embeddings": more.source.root, "rows": more.counts["train"]},
        },
        **{key: fitted[key] for key in ("metrics", "best_epoch", "history")},
    }
    _publish_head(settings, fitted, record["identity"]["encoders"], recipe, facts)
    return _summary(facts, time.monotonic() - started)


def _fit(
    settings: TrainSettings,
    corpus: Corpus,
    also: Corpus | None,
    shapes: Streams,
    recipe: Recipe,
    name: str,
) -> dict[str, Any]:
    """Run Ray Train; checkpoints lie under OUT until the head is made.

    A run of the same name and place is continued, so that a lost driver costs seconds.
    """
    storage = tables.join(tables.absolute(settings.out), "_train")
    with ray_session():
        trainer = TorchTrainer(
            train_worker,
            train_loop_config={
                "kind": settings.head,
                "corpus": corpus,
                "also": also,
                "shapes": shapes,
                "recipe": recipe,
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


def _publish_head(
    settings: TrainSettings,
    fitted: dict[str, Any],
    encoders: dict[str, dict[str, Any]],
    recipe: Recipe,
    facts: dict[str, Any],
) -> None:
    """The record first, then weights and head.json: a head.json that is there is a whole head."""
    streams: Streams = {name: (layers, size) for name, (layers, size) in fitted["streams"].items()}
    module = build(settings.head, streams, recipe.width)
    module.load_state_dict(fitted["module"])
    publish_record(settings.out, settings.head, facts)
    trained_head.save(
        settings.out,
        module,
        kind=settings.head,
        width=recipe.width,
        streams=streams,
        encoders={name: EncoderSpec(**encoders[name]) for name in streams},
        facts=facts,
    )
    tables.delete_folder(tables.join(settings.out, "_train"))


def _fingerprint(embeddings: Output, record: dict[str, Any]) -> str:
    """What stands for the rows of finished embeddings with this record."""
    parts = index.read(embeddings.index_uri, record["fingerprint"]).values()
    return runs.fingerprint([record["fingerprint"], *(part.contents for part in parts)])


def _same_encoders(also: Output, record: dict[str, Any], source: Output) -> dict[str, Any]:
    """The record of `also`, whose encoders are those on `record`, of `source`."""
    other = runs.complete_record(also)
    ours, theirs = (r["identity"]["encoders"] for r in (record, other))
    if ours != theirs:
        raise SettingsError(
            f"--also {also.root}: expected embeddings by the encoders of {source.root}, "
            f"{_names(ours)}; these are by {_names(theirs)}"
        )
    return other


def _names(encoders: dict[str, dict[str, Any]]) -> str:
    return " and ".join(spec["name"] for spec in encoders.values())


def _shapes(source: Output, first: dict[str, int]) -> Streams:
    """Layers and features of each embedding column that are read.

    They stand in the first part's footer; of the columns in `first` so many layers are read.
    """
    name = tables.list_parts(source.parts_uri)[0]
    _, footer = tables.read_footer(tables.join(source.parts_uri, name), source.kind)
    shapes: Streams = {
        column: (layers, features)
        for column, (layers, features) in json.loads(footer["daf.shapes"]).items()
    }
    for column, number in first.items():
        if number > shapes.get(column, (0, 0))[0]:
            there = ", ".join(f"{name} with {layers}" for name, (layers, _) in shapes.items())
            raise SettingsError(
                f"--layers {column}={number}: expected a column of {source.root} and at most its "
                f"layers; it has {there}"
            )
        shapes[column] = (number, shapes[column][1])
    return shapes


def _summary(facts: dict[str, Any], seconds: float) -> str:
    rows, metrics = facts["data"]["rows"], facts["metrics"]
    judged = metrics["test"] or metrics["valid"]
    split = "test" if metrics["test"] else "validation"
    return (
        f"{rows['train']} train, {rows['valid']} validation, {rows['test']} test rows, "
        f"best epoch {facts['best_epoch']}, {split} MAE {judged['mae']:.3f}, r {judged['r']:.3f}, "
        f"{seconds:.1f} s"
    )
