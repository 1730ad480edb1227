"""Fitting on a folder of embeddings: which columns a head reads, joining rows, metrics."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from daf_core.embeddings.arrays import fixed_size_list
from daf_core.errors import SettingsError
from daf_core.heads import build
from daf_core.schemas import SPLITS, embeddings_schema
from daf_core.storage import files, parquet
from daf_core.storage.output import Output, embeddings_output
from daf_core.training.dataset import labelled_corpus, load_rows
from daf_core.training.fitting import learn
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import standardised

SHAPES = {"text": (2, 4), "audio": (1, 3), "audio_2": (1, 2)}
RECIPE = Recipe(width=8, batch_rows=8, epochs=3)


def embeddings(folder, audio_in: set[str]) -> Output:
    """Thirty labelled rows; only those of the splits in `audio_in` have audio, alone."""
    output, rng = embeddings_output(str(folder)), np.random.default_rng(0)
    rows = 30
    splits = [SPLITS[row % 3] for row in range(rows)]
    audio = np.array([split in audio_in and row > 20 for row, split in enumerate(splits)])
    sizes = {name: layers * features for name, (layers, features) in SHAPES.items()}
    columns = {
        name: fixed_size_list(
            rng.standard_normal((rows, size)).astype(np.float16),
            ~audio if name == "text" else audio,
        )
        for name, size in sizes.items()
    }
    columns |= {
        "utterance_id": pa.array(map(str, range(rows))),
        "recording_id": pa.array(map(str, range(rows))),
        "label": pa.array(rng.uniform(-3, 3, rows), pa.float32()),
        "split": pa.array(splits),
        "flags": pa.array([[]] * rows, pa.list_(pa.string())),
    }
    schema = embeddings_schema(sizes)
    filled = [columns.get(field.name, pa.nulls(rows, field.type)) for field in schema]
    table = pa.table(filled, schema=schema)
    footer = {"daf.shapes": json.dumps(SHAPES)}
    parquet.write(files.join(output.parts_uri, "part-00000.parquet"), table, output.kind, footer)
    return output


def test_a_head_gets_the_columns_that_training_rows_have(tmp_path):
    source = embeddings(tmp_path, audio_in={"test"})
    fitted = learn("daf", labelled_corpus(source), SHAPES, RECIPE, torch.device("cpu")).fitted()
    assert fitted.shapes == {"text": (2, 4)}
    assert set(fitted.metrics) == set(SPLITS)
    assert len(fitted.state.history) == 3


def test_with_audio_in_training_it_gets_all_columns(tmp_path):
    source = embeddings(tmp_path, audio_in={"train"})
    fitted = learn("daf", labelled_corpus(source), SHAPES, RECIPE, torch.device("cpu")).fitted()
    assert fitted.shapes == SHAPES
    assert 0 <= fitted.metrics["test"]["mae"] <= 6


def test_a_head_of_one_modality_gets_its_columns_alone(tmp_path):
    source = embeddings(tmp_path, audio_in={"train", "valid"})
    fitted = learn("audio", labelled_corpus(source), SHAPES, RECIPE, torch.device("cpu")).fitted()
    assert fitted.shapes == {"audio": (1, 3), "audio_2": (1, 2)}
    words = embeddings(tmp_path / "words", audio_in=set())
    with pytest.raises(
        SettingsError, match="head audio: expected training rows with audio, found none"
    ):
        learn("audio", labelled_corpus(words), SHAPES, RECIPE, torch.device("cpu")).fitted()


def test_rows_of_another_corpus_join(tmp_path):
    """They may add a modality, and the head learns something else without them."""
    words = labelled_corpus(embeddings(tmp_path / "words", audio_in=set()))
    voices = labelled_corpus(embeddings(tmp_path / "voices", audio_in={"train"}))
    alone, more = (
        learn("daf", words, SHAPES, RECIPE, torch.device("cpu"), also=also).fitted()
        for also in ([], [voices])
    )
    assert alone.shapes == {"text": (2, 4)}
    assert more.shapes == SHAPES
    assert more.metrics["test"]["rows"] == alone.metrics["test"]["rows"]
    again = learn("text", words, SHAPES, RECIPE, torch.device("cpu"), also=[voices]).fitted()
    without = learn("text", words, SHAPES, RECIPE, torch.device("cpu")).fitted()
    weigh = replace(RECIPE, weigh_labels=True)
    weighted = learn("text", words, SHAPES, weigh, torch.device("cpu"), also=[voices]).fitted()
    losses = [one.state.history[0]["train_loss"] for one in (again, without, weighted)]
    assert len(set(losses)) == 3


def test_rows_of_several_corpora_join_beside_each_other(tmp_path):
    words = labelled_corpus(embeddings(tmp_path / "words", audio_in=set()))
    voices = labelled_corpus(embeddings(tmp_path / "voices", audio_in={"train"}))
    joining = ([], [words], [voices], [words, voices])
    fitted = [
        learn("daf", words, SHAPES, RECIPE, torch.device("cpu"), also=also).fitted()
        for also in joining
    ]
    assert [one.shapes == SHAPES for one in fitted] == [False, False, True, True]
    losses = [one.state.history[0]["train_loss"] for one in fitted]
    assert len(set(losses)) == len(joining)


def test_a_modality_that_no_row_has_takes_no_memory(tmp_path):
    words = labelled_corpus(embeddings(tmp_path, audio_in=set()))
    rows = load_rows(words, SHAPES)["train"]
    assert rows.values["audio"].shape == (10, 1, 3)
    assert rows.values["audio"].untyped_storage().nbytes() == 2
    head = build("concat", SHAPES, 8)
    sentiment = predict(head, standardised(head, rows)).sentiment
    torch.testing.assert_close(sentiment, predict(head, rows).sentiment, rtol=1e-3, atol=1e-3)
