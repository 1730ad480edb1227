"""A robustness grid: its rows, its heads, what it encodes, its table and figure."""

import numpy as np
import pyarrow as pa
import pytest
import safetensors.torch
import torch

from daf_core.damage.conditions import CLEAN, CONDITIONS
from daf_core.damage.words import Words
from daf_core.embeddings.columns import with_speaker_normalised
from daf_core.errors import SettingsError
from daf_core.heads import build
from daf_core.schemas import MANIFEST, PREDICTIONS
from daf_core.stages.decoded import DECODED
from daf_core.stages.embed import Embed
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output
from daf_core.stress.figure import figure_png
from daf_core.stress.grid import Grid, name_heads
from daf_core.stress.labelled_sample import labelled_sample
from daf_core.stress.part import stress
from daf_core.stress.table import render, robustness
from daf_core.training.split_rule import TEST_FROM, percent
from daf_core.weights.specs import EncoderSpec, resolve
from tests.core.encoders.encoder_folders import text_folder

WORDS = Words.from_texts(["a b c d e f g h"])


def in_manifest(folder, splits):
    rows = [
        {"utterance_id": f"u{n}", "recording_id": "r", "label": n % 3 - 1, "split": split}
        for n, split in enumerate(splits)
    ]
    rows.append({"utterance_id": "unlabelled", "recording_id": "r", "split": "test"})
    blank = dict.fromkeys(MANIFEST.names) | {"meta": []}
    table = pa.Table.from_pylist([blank | row for row in rows], schema=MANIFEST)
    for number in (0, 1):
        part = table.slice(number * 5, 5 if number == 0 else None)
        parquet.write(str(folder / "manifest" / parquet.part_name(number)), part, "manifest")
    return manifest_output(str(folder)), table


def test_a_sample_is_of_labelled_test_rows_and_grows(tmp_path):
    manifest, table = in_manifest(tmp_path, ["train", "test"] * 20)
    chosen = [
        {*labelled_sample(manifest, rows, 0).select(table)["utterance_id"].to_pylist()}
        for rows in (3, 7, 20, None)
    ]
    assert [len(one) for one in chosen] == [3, 7, 20, 20]
    assert chosen[0] < chosen[1] < chosen[2] == chosen[3]
    assert chosen[3] == {f"u{n}" for n in range(1, 40, 2)}
    other = labelled_sample(manifest, 7, 1).select(table)["utterance_id"].to_pylist()
    assert {*other} != chosen[1]


def test_without_splits_the_rows_are_those_that_training_keeps_for_testing(tmp_path):
    manifest, table = in_manifest(tmp_path / "none", [None] * 80)
    recordings = [f"r{n}" for n in range(len(table))]
    changes = {"split": pa.nulls(len(table), pa.string()), "recording_id": pa.array(recordings)}
    for name, values in changes.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    for number, part in enumerate((table.slice(0, 5), table.slice(5))):
        parquet.write(str(tmp_path / "none/manifest" / parquet.part_name(number)), part, "manifest")
    found = labelled_sample(manifest, None, 0).select(table)["recording_id"].to_pylist()
    labelled = recordings[:-1]
    assert found == [r for r in labelled if percent([r])[0] >= TEST_FROM]
    assert 0 < len(found) < 20


def test_without_test_rows_there_is_nothing_to_measure(tmp_path):
    manifest, _ = in_manifest(tmp_path / "train", ["train"] * 8)
    with pytest.raises(SettingsError, match="expected two labelled test rows or more, found 0"):
        labelled_sample(manifest, None, 0)


def head(kind, shapes, encoders, seed=0):
    torch.manual_seed(seed)
    weights = safetensors.torch.save(build(kind, shapes, 8).state_dict())
    record = HeadRecord(
        kind=kind, width=8, shapes=shapes, encoders=encoders, sha256=str(seed), calibrations={}
    )
    return TrainedHead(record, weights)


SPECS = {name: EncoderSpec(name, "pinned", "0" * 64) for name in ("text", "audio")}


def test_heads_must_share_their_encoders():
    shapes = {"text": (2, 4), "audio": (3, 8)}
    daf = head("daf", shapes, SPECS)
    short = head("text", {"text": (1, 4)}, {"text": SPECS["text"]})
    grid = Grid(name_heads({"a": daf, "b": short}), WORDS, 0)
    assert [*grid.heads] == ["daf", "text"]
    assert (grid.shapes, grid.encoders) == (shapes, SPECS)
    assert [*name_heads({"a": daf, "b": head("daf", shapes, SPECS, 1)})] == ["a", "b"]
    other = head("audio", {"audio": (3, 8)}, {"audio": SPECS["text"]})
    with pytest.raises(
        SettingsError,
        match=r"`heads` b: expected audio .*, as a reads them, found text",
    ):
        name_heads({"a": daf, "b": other})


def test_conditions_damage_only_what_the_heads_read():
    text = head("text", {"text": (1, 4)}, {"text": SPECS["text"]})
    kinds = {one.kind for one in Grid({"text": text}, WORDS, 0).conditions}
    assert kinds == {"clean", "word error"}


@pytest.fixture(scope="module")
def stressed(tmp_path_factory):
    """(grid, encoders, decoded part, predictions, quarantine); the last rows lack a modality."""
    folder = text_folder(tmp_path_factory.mktemp("encoders") / "bert", "bert")
    specs = {"text": resolve(str(folder)), "audio": resolve("descriptors")}
    embed = Embed(specs)
    heads = {
        "daf": head("daf", with_speaker_normalised(embed.shapes), specs),
        "text": head("text", {"text": embed.shapes["text"]}, {"text": specs["text"]}),
    }
    draw = np.random.default_rng(0)
    rows = [
        {"text": "a b c d e f g", "samples": draw.normal(0, 900, 8000).astype("<i2").tobytes()}
        for _ in range(5)
    ]
    rows += [
        {"text": "no voice", "flags": ["no_audio"]},
        {"text": "a voice that broke", "flags": ["no_audio", "unreadable_audio"]},
        {"reason": "missing_audio", "message": "not there"},
    ]
    blank = dict.fromkeys(DECODED.names) | {"meta": [], "flags": [], "recording_id": "r"}
    blank["speaker"] = "Ana"
    full = [
        blank | {"utterance_id": f"u{n}", "label": n % 3 - 1.0} | row for n, row in enumerate(rows)
    ]
    decoded = pa.Table.from_pylist(full, schema=DECODED)
    grid = Grid(heads, WORDS, 0)
    return grid, embed, decoded, *stress(grid, embed, decoded)


def test_every_head_predicts_every_complete_row_under_every_condition(stressed):
    _, _, _, said, quarantine = stressed
    assert said.schema == PREDICTIONS
    rows = [(row["condition"], row["head"], row["utterance_id"]) for row in said.to_pylist()]
    assert rows == [
        (condition.name, name, f"u{n}")
        for condition in CONDITIONS
        for name in ("daf", "text")
        if (condition.name, name) != ("no text", "text")
        for n in range(5)
    ]
    assert {row["utterance_id"]: row["reason"] for row in quarantine.to_pylist()} == {
        "u5": "missing_modality",
        "u6": "unreadable_audio",
        "u7": "missing_audio",
    }


@pytest.mark.parametrize("name", ["white noise 5 dB", "telephone", "word error 60 %"])
def test_predictions_are_those_of_a_part_that_is_damaged_as_a_whole(stressed, name):
    grid, embed, decoded, said, _ = stressed
    condition = next(one for one in CONDITIONS if one.name == name)
    rows = decoded.slice(0, 5).to_pylist()
    for row in rows:
        if condition.modality == "text":
            row["text"] = condition.apply_to_text(row["text"], WORDS, 0, row["utterance_id"])
        else:
            wave = np.frombuffer(row["samples"], "<i2")
            row["samples"] = condition.apply_to_samples(wave, 0, row["utterance_id"]).tobytes()
    damaged = pa.Table.from_pylist(rows, schema=DECODED)
    again, _ = stress(grid, embed, damaged)
    np.testing.assert_array_equal(sentiments(said, name), sentiments(again, CLEAN.name))
    if condition.modality == "audio":
        same = sentiments(said, name, "text"), sentiments(said, CLEAN.name, "text")
        np.testing.assert_array_equal(*same)
    assert (sentiments(said, name, "daf") != sentiments(said, CLEAN.name, "daf")).any()


def sentiments(said, condition, *heads):
    return np.array(
        [
            row["sentiment"]
            for row in said.to_pylist()
            if row["condition"] == condition and row["head"] in (heads or ("daf", "text"))
        ]
    )


def test_rows_do_not_depend_on_the_part_that_they_are_in(stressed):
    grid, embed, decoded, said, _ = stressed
    alone, _ = stress(grid, embed, decoded.slice(3, 1))
    own = [row for row in said.to_pylist() if row["utterance_id"] == "u3"]
    for one, other in zip(own, alone.to_pylist(), strict=True):
        assert one["sentiment"] == pytest.approx(other["sentiment"], abs=2e-2)


def test_table_and_figure(stressed):
    said = stressed[3]
    rows = robustness(said)
    assert len(rows) == 2 * len(CONDITIONS) - 1
    clean, noisy = (
        next(row for row in rows if (row.condition.name, row.head) == (name, "daf"))
        for name in ("clean", "white noise -5 dB")
    )
    assert clean.difference is None
    labels = np.array([-1, 0, 1, -1, 0])
    for row in (clean, noisy):
        apart = np.abs(sentiments(said, row.condition.name, "daf") - labels)
        assert row.mae == pytest.approx(apart.mean(), abs=1e-6)
    assert noisy.difference.mean == pytest.approx(noisy.mae - clean.mae, abs=1e-6)
    assert noisy.difference.low <= noisy.difference.mean <= noisy.difference.high
    assert 0 < noisy.audio_weight < 1
    lines = render(rows, "github").splitlines()
    assert len(lines) == len(rows) + 2
    assert lines[2].startswith("| clean")
    assert figure_png(rows).startswith(b"\x89PNG")
    one_kind = [row for row in rows if row.condition.kind in ("clean", "word error")]
    assert figure_png(one_kind).startswith(b"\x89PNG")


def test_predictions_of_several_trainings_are_paired_by_training_and_row():
    """Two trainings, the second twice as far off; noise adds .5 to the errors of both."""
    rows = [
        {"utterance_id": row, "recording_id": "r", "label": 0.0, "condition": condition}
        | {"head": "daf", "sentiment": training * place + (0.5 if condition != "clean" else 0)}
        for training in (1, 2)
        for condition in ("clean", "telephone")
        for place, row in enumerate("bac")
    ]
    clean, worse = robustness(pa.Table.from_pylist(rows, schema=PREDICTIONS))
    assert (clean.rows, clean.mae) == (3, pytest.approx(1.5))
    assert worse.mae == pytest.approx(2)
    apart = worse.difference
    assert [apart.mean, apart.low, apart.high] == pytest.approx([0.5] * 3)


def test_rows_of_a_recording_are_drawn_together():
    """Damage adds 1 to the errors of every other recording, of which each has eight rows."""

    def interval(recording_of):
        rows = [
            {"utterance_id": f"u{row:03}", "recording_id": recording_of(row), "label": 0.0}
            | {"condition": condition, "head": "daf"}
            | {"sentiment": float(condition != "clean" and row // 8 % 2)}
            for condition in ("clean", "telephone")
            for row in reversed(range(160))
        ]
        _, worse = robustness(pa.Table.from_pylist(rows, schema=PREDICTIONS))
        assert worse.difference.mean == pytest.approx(0.5)
        return worse.difference.high - worse.difference.low

    by_recording, by_row = interval(lambda row: f"r{row // 8}"), interval(lambda row: f"r{row}")
    assert by_recording == pytest.approx(8**0.5 * by_row, rel=0.2)
