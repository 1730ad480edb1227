"""A made-up archive: embeddings whose labels a small head can learn, and offsets planted in it."""

import json
import tempfile
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import torch

from daf_core.adaptation.label_table import Label
from daf_core.adaptation.labelled_rows import LabelledRows, labelled_rows
from daf_core.embeddings.arrays import fixed_size_list
from daf_core.heads import build
from daf_core.measures.calibration_values import Calibrations
from daf_core.measures.reliability import calibrate
from daf_core.one_thread import one_thread
from daf_core.schemas import QUARANTINE, embeddings_schema
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import part_index, run_record
from daf_core.storage.output import embeddings_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.training.balance import even_weights
from daf_core.training.fusion import fit_fusion
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from daf_core.weights.specs import EncoderSpec

SHAPES = {"text": (1, 6), "audio": (1, 4)}
NOISE = 0.4  # standard deviation of labels about what the embeddings say
ENCODERS = {name: EncoderSpec(f"made up {name}", "none", "0" * 64) for name in SHAPES}
Offset = Callable[[pa.Table, np.ndarray], np.ndarray]


def table(rows: int, seed: int, recordings: int = 40) -> tuple[pa.Table, np.ndarray]:
    """An embeddings table, and what its embeddings say (rows,); every fifth row has words alone."""
    draw = np.random.default_rng(seed)
    text, audio = draw.standard_normal((rows, 6)), draw.standard_normal((rows, 4))
    words_alone = np.arange(rows) % 5 == 0
    truth = 1.6 * np.tanh(0.9 * text[:, 0] + 0.5 * text[:, 1] + 0.7 * audio[:, 0] * ~words_alone)
    columns = {
        "text": fixed_size_list(text.astype(np.float16), np.ones(rows, bool)),
        "audio": fixed_size_list(audio.astype(np.float16), ~words_alone),
        "utterance_id": pa.array([f"{seed}-{row}" for row in range(rows)]),
        "recording_id": pa.array([f"{seed}-r{row * recordings // rows}" for row in range(rows)]),
        "channel": pa.array(np.arange(rows) % 2, pa.int32()),
        "flags": pa.array([[]] * rows, pa.list_(pa.string())),
    }
    sizes = {name: layers * features for name, (layers, features) in SHAPES.items()}
    schema = embeddings_schema(sizes)
    filled = [columns.get(field.name, pa.nulls(rows, field.type)) for field in schema]
    return pa.table(filled, schema=schema), truth


def archive(
    rows: int, seed: int, offset: Offset = lambda table, truth: truth, recordings: int = 40
) -> tuple[pa.Table, dict[str, Label]]:
    """An archive of which all rows are labelled: what the embeddings say, changed by `offset`, with
    noise.
    """
    embedded, truth = table(rows, seed, recordings)
    noise = np.random.default_rng(seed + 1).normal(0, NOISE, rows)
    labels = np.clip(offset(embedded, truth) + noise, -3, 3)
    ids = embedded["utterance_id"].to_pylist()
    return embedded, {
        one: Label(one, float(label), None, f"labels.csv:{row + 2}")
        for row, (one, label) in enumerate(zip(ids, labels, strict=True))
    }


def labelled(*arguments: object, **options: object) -> LabelledRows:
    """The rows of an `archive`."""
    embedded, labels = archive(*arguments, **options)  # type: ignore[arg-type]
    return labelled_rows([embedded], labels, SHAPES)[0]


@cache
def head() -> TrainedHead:
    """A head that was trained on rows without an offset, and calibrated on others."""
    torch.manual_seed(0)
    module = build("daf", SHAPES, 16)
    train, valid = labelled(800, 1).rows, labelled(500, 2).rows
    with one_thread():
        recipe = Recipe(epochs=12, learning_rate=5e-3, batch_rows=64, average=0.9)
        fit(module, train, valid, recipe)
        fit_fusion(module, [(train, 1.0)], valid, even_weights(train))
    calibrations = {}
    for name, shown in (
        ("text and audio", [True, True]),
        ("text", [True, False]),
        ("audio", [False, True]),
    ):
        index = (valid.present | ~torch.tensor(shown)).all(dim=1).nonzero()[:, 0]
        part = valid.select(index)
        own = Rows(part.values, torch.tensor(shown).expand(len(index), -1), part.labels)
        calibrations[name] = calibrate(predict(module, own).logits, part.labels)
    return saved(module, calibrations)


def saved(module: torch.nn.Module, calibrations: Calibrations) -> TrainedHead:
    with tempfile.TemporaryDirectory() as folder:
        trained_head.save(
            folder,
            module,
            kind="daf",
            width=16,
            shapes=SHAPES,
            encoders=ENCODERS,
            calibrations=calibrations,
            facts={"metrics": {}},
        )
        return trained_head.load(folder)


def stored(folder: str, embedded: pa.Table) -> str:
    """A finished folder of embeddings that holds this table as its one part."""
    output = embeddings_output(folder)
    encoders = {name: spec.as_dict() for name, spec in ENCODERS.items()}
    identity = {"manifest": "0" * 16, "encoders": encoders, "precision": "float32"}
    run_record.begin(output, identity, fresh=False)
    facts = PartFacts(
        name="part-00000.parquet",
        rows_fingerprint="0" * 16,
        rows_in=len(embedded),
        rows=len(embedded),
        audio_s=0.0,
        reasons={},
    )
    own = embedded.replace_schema_metadata({"daf.shapes": json.dumps(SHAPES)})
    fingerprint = run_record.fingerprint(identity)
    publish_part(output, facts, own, QUARANTINE.empty_table(), fingerprint)
    part_index.write(output.index_uri, [facts], fingerprint)
    run_record.finish(output, identity, {"parts": 1, "manifest": "nowhere"})
    return folder
