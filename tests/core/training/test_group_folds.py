"""Grouped folds: which recordings or speakers are left out, and what calibration gains."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from daf_core.embeddings.arrays import fixed_size_list
from daf_core.errors import SettingsError
from daf_core.schemas import embeddings_schema
from daf_core.storage import files, parquet
from daf_core.storage.output import Output, embeddings_output
from daf_core.training.dataset import labelled_corpus, utterance_ids
from daf_core.training.fitting import learn
from daf_core.training.group_folds import FOLDS, group_folds
from daf_core.training.recipe import Recipe

SHAPES = {"text": (1, 16)}
TESTED = 8  # speakers whose rows are all test rows


def embeddings(
    folder: str, speakers: int = 40, rows: int = 10, *, name: str | None = "s"
) -> Output:
    """Every speaker has a voice, which is the embedding, and a mood, which is the label but for
    noise. All speakers of validation rows train, too. Two speakers share a recording, and the last
    one has no name. The others are called by `name` and a number; None: none has a name.
    """
    nameless = range(speakers) if name is None else {speakers - 1}
    rng = np.random.default_rng(0)
    mood, voice = rng.uniform(-2.5, 2.5, speakers), rng.standard_normal((speakers, 16))
    schema = embeddings_schema({"text": 16})
    for part, start in enumerate(range(0, speakers, 8)):
        who = np.repeat(range(start, min(start + 8, speakers)), rows)
        last = np.arange(len(who)) % rows == rows - 1
        filled = {
            "utterance_id": pa.array([f"s{one}-{row}" for row, one in enumerate(who)]),
            "recording_id": pa.array([f"r{one // 2}" for one in who]),
            "speaker": pa.array([None if one in nameless else f"{name}{one}" for one in who]),
            "text": fixed_size_list(voice[who].astype(np.float16), np.ones(len(who), bool)),
            "label": pa.array(mood[who] + rng.uniform(-0.5, 0.5, len(who)), pa.float32()),
            "split": pa.array(np.select([who < TESTED, last], ["test", "valid"], "train").tolist()),
            "flags": pa.array([[]] * len(who), pa.list_(pa.string())),
        }
        blank = {name: pa.nulls(len(who), schema.field(name).type) for name in schema.names}
        table = pa.table([{**blank, **filled}[name] for name in schema.names], schema=schema)
        parquet.write(
            files.join(folder, "embeddings", parquet.part_name(part)), table, "embeddings"
        )
    return embeddings_output(folder)


def speakers_in(rows: list[str]) -> set[str]:
    return {row.partition("-")[0] for row in rows}


def test_every_train_row_is_left_out_once_with_all_of_its_speaker(tmp_path):
    whole = labelled_corpus(embeddings(str(tmp_path)))
    folds = group_folds(whole, [], "speakers")
    assert len(folds) == FOLDS
    for fold, also in folds:
        assert also == []
        trains, tested = (speakers_in(utterance_ids(fold, name)) for name in ("train", "test"))
        assert trains
        assert tested
        assert not trains & tested
        assert utterance_ids(fold, "valid") == utterance_ids(whole, "valid")
    tests = [row for fold, _ in folds for row in utterance_ids(fold, "test")]
    assert sorted(tests) == sorted(utterance_ids(whole, "train"))


def test_those_of_one_recording_are_left_out_together(tmp_path):
    whole = labelled_corpus(embeddings(str(tmp_path)))
    for fold, _ in group_folds(whole, [], "recordings"):
        trains, tested = (speakers_in(utterance_ids(fold, name)) for name in ("train", "test"))
        rooms = [{int(one[1:]) // 2 for one in some} for some in (trains, tested)]
        assert rooms[1]
        assert not rooms[0] & rooms[1]


@pytest.mark.parametrize("name", [None, "other"])
def test_rows_of_unknown_speakers_do_not_train_beside_a_test_row_of_their_recording(tmp_path, name):
    """The last speaker has no name and shares a recording with the last but one."""
    whole = labelled_corpus(embeddings(str(tmp_path / "whole")))
    unnamed = labelled_corpus(embeddings(str(tmp_path / "unnamed"), name=name))
    for fold, (also,) in group_folds(whole, [unnamed], "speakers"):
        trains, tested, joins = (
            speakers_in(utterance_ids(*one))
            for one in ((fold, "train"), (fold, "test"), (also, "train"))
        )
        assert not ({"s38"} <= tested and "s39" in trains)
        recordings = {int(one[1:]) // 2 for one in tested}
        assert joins
        assert recordings.isdisjoint(int(one[1:]) // 2 for one in joins)


def test_copies_of_rows_left_out_do_not_join(tmp_path):
    whole = labelled_corpus(embeddings(str(tmp_path / "whole")))
    copies = labelled_corpus(embeddings(str(tmp_path / "copies")))
    for fold, also in group_folds(whole, [copies, whole], "speakers"):
        assert len(also) == 2
        for one in also:
            assert utterance_ids(one, "train") == utterance_ids(fold, "train")
            assert utterance_ids(one, "test") == utterance_ids(copies, "test")


def test_too_few_are_refused(tmp_path):
    whole = labelled_corpus(embeddings(str(tmp_path), speakers=12))
    with pytest.raises(SettingsError, match=r"`calibrate_for` speakers: expected 5 .* found 4"):
        group_folds(whole, [], "speakers")


def test_intervals_hold_for_unseen_speakers(tmp_path):
    """A head knows the mood of speakers it was trained on only; for others intervals must widen."""
    whole = labelled_corpus(embeddings(str(tmp_path)))
    recipe = Recipe(width=16, batch_rows=16, epochs=20, patience=20, learning_rate=1e-2)
    seen, unseen = (
        learn("text", whole, SHAPES, one, torch.device("cpu")).fitted()
        for one in (recipe, replace(recipe, calibrate_for="speakers"))
    )
    assert seen.calibrations["text"].rows == whole.counts["valid"]
    assert unseen.calibrations["text"].rows == whole.counts["train"]
    assert seen.metrics["test"]["mae"] == unseen.metrics["test"]["mae"]
    coverage = [one.metrics["test"]["coverage"] for one in (seen, unseen)]
    assert coverage[0] < 0.75
    assert coverage[1] > 0.8
