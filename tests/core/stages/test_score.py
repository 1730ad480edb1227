"""Scoring embedded rows with heads of every kind, and a head as it lies on disk."""

import json

import numpy as np
import pytest
import safetensors.torch
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.measures.calibration_values import Calibration
from daf_core.schemas import POLARITIES, SCORES, polarity
from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.weights.specs import resolve
from tests.core.stages.made_parts import RATE_HZ, manifest_rows

CALIBRATIONS = {
    "text and audio": Calibration(mass=0.9, temperature=1.1, rows=30),
    "text": Calibration(mass=0.8, temperature=1.5, rows=20),
}


def a_head(kind, embed, columns=("text", "audio")):
    torch.manual_seed(0)
    shapes = {name: embed.shapes[name] for name in columns}
    record = HeadRecord(
        kind=kind, width=8, shapes=shapes, encoders={}, sha256="", calibrations=CALIBRATIONS
    )
    return TrainedHead(record, safetensors.torch.save(build(kind, shapes, 8).state_dict()))


def test_scores_depend_on_what_each_row_has(part, embed):
    scores, quarantine = score(a_head("daf", embed), embed(decode_part(part))[0])
    assert scores.schema == SCORES
    assert len(quarantine) == 0
    text, audio = (scores[f"{name}_weight"].to_numpy() for name in ("text", "audio"))
    np.testing.assert_allclose(text + audio, 1, atol=1e-6)
    assert (text[2], audio[1], audio[3]) == (0, 0, 0)
    assert scores["text_sentiment"].is_valid().to_pylist() == [True, True, False, True]
    assert scores["audio_sentiment"].is_valid().to_pylist() == [True, False, True, False]
    assert scores["disagreement"].is_valid().to_pylist() == [True, False, False, False]
    low, sentiment, high = (
        scores[name].to_pylist() for name in ("interval_low", "sentiment", "interval_high")
    )
    for column in (
        "interval_low",
        "interval_high",
        "polarity_probability",
        "neutral_probability",
    ):  # audio alone is not calibrated
        assert scores[column].is_valid().to_pylist() == [True, True, False, True]
    assert all(low[row] < sentiment[row] < high[row] for row in (0, 1, 3))


def test_levels_are_those_of_what_is_heard_and_reach_the_scores(part, embed, recording):
    embedded, _ = embed(decode_part(part))
    head = a_head("daf", embed)
    scores, _ = score(head, embedded)
    heard = soundfile.read(recording, start=RATE_HZ, stop=RATE_HZ * 5 // 2)[0]
    levels = scores["level_db"].to_pylist()
    assert levels[0] == pytest.approx(10 * np.log10(np.mean(heard**2)), abs=0.1)
    assert [level is None for level in levels] == [False, True, False, True]
    older, _ = score(head, embedded.drop_columns(["level_db"]))  # embedded before there was one
    assert older["level_db"].null_count == len(older)
    assert older.drop_columns(["level_db"]).equals(scores.drop_columns(["level_db"]))


def test_a_head_without_weights_leaves_them_null(part, embed):
    scores, _ = score(a_head("concat", embed), embed(decode_part(part))[0])
    for column in ("text_weight", "audio_weight", "text_sentiment", "disagreement"):
        assert scores[column].null_count == len(scores)


@pytest.mark.parametrize("kind", [*HEADS])
@given(seed=st.integers(0, 2**31), rows=st.integers(1, 20), spread=st.floats(0, 30))
@settings(max_examples=10)
def test_polarity_is_that_of_the_sentiment_for_every_row_of_any_head(kind, seed, rows, spread):
    """Weights far from those of training make distributions of every form, also with two peaks."""
    torch.manual_seed(seed)
    shapes = {"text": (2, 3), "audio": (2, 3), "text_frames": (4, 3), "audio_frames": (4, 3)}
    module = build(kind, shapes, 4)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1 + spread)
    record = HeadRecord(
        kind=kind, width=4, shapes=shapes, encoders={}, sha256="", calibrations=CALIBRATIONS
    )
    head = TrainedHead(record, safetensors.torch.save(module.state_dict()))
    draw = np.random.default_rng(seed)
    present = {name: draw.random(rows) < 0.7 for name in ("text", "audio")}
    columns = {
        name: fixed_size_list(
            draw.normal(0, 3, (rows, layers * size)).astype(np.float16),
            present[name[:5].strip("_")],
        )
        for name, (layers, size) in shapes.items()
    }
    blank = manifest_rows(*[{}] * rows)
    scores, _ = score(head, embeddings_table(blank, columns, shapes, [[]] * rows))
    for row in scores.to_pylist():
        assert row["polarity"] == polarity(row["sentiment"])
        each = [row[f"{name}_probability"] for name in POLARITIES]
        assert row["polarity_probability"] == row[f"{row['polarity']}_probability"]
        assert each == [None] * 3 or sum(each) == pytest.approx(1, abs=1e-5)


def test_rows_that_the_head_cannot_use_are_quarantined(part, embed):
    scores, quarantine = score(a_head("daf", embed, ["text"]), embed(decode_part(part))[0])
    assert scores["utterance_id"].to_pylist() == ["u0", "u1", "u3"]
    assert (scores["text_weight"].to_numpy() == 1).all()
    assert quarantine["utterance_id"].to_pylist() == ["u2"]
    assert quarantine["reason"].to_pylist() == ["unused_modality"]


def test_an_empty_part_gives_empty_tables(part, embed):
    embedded, quarantine = embed(decode_part(part.slice(0, 0)))
    scores, unused = score(a_head("daf", embed), embedded)
    assert [len(table) for table in (embedded, quarantine, scores, unused)] == [0, 0, 0, 0]


def stored(folder, kind, embed, facts):
    """A head of this kind with random weights, stored in `folder`; returns the network."""
    module = build(kind, embed.shapes, 8)
    encoders = {column: resolve("descriptors") for column in embed.shapes}
    trained_head.save(
        folder,
        module,
        kind=kind,
        width=8,
        shapes=embed.shapes,
        encoders=encoders,
        calibrations=CALIBRATIONS,
        facts=facts,
    )
    return module


def test_a_head_on_disk_is_the_head_and_damage_is_noticed(tmp_path, embed):
    folder = str(tmp_path)
    module = stored(folder, "daf", embed, {"a": 1})
    loaded = trained_head.load(folder)
    written = json.loads((tmp_path / "head.json").read_text())
    assert loaded.record.as_dict() == written
    assert [*written][:4] == ["version", "kind", "width", "members"]
    assert loaded.shapes == embed.shapes
    assert loaded.encoders == {column: resolve("descriptors") for column in embed.shapes}
    assert (loaded.calibrations, loaded.record.facts) == (CALIBRATIONS, {"a": 1})
    assert loaded.identity["calibrations"] == written["calibrations"]
    for name, value in module.state_dict().items():
        torch.testing.assert_close(loaded.module.state_dict()[name], value)
    data = bytearray((tmp_path / "head.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "head.safetensors").write_bytes(data)
    with pytest.raises(SettingsError, match="expected SHA-256"):
        trained_head.load(folder)
    (tmp_path / "head.json").write_text(json.dumps({**written, "version": 2}))
    with pytest.raises(SettingsError, match="expected a head of version 10, found version 2"):
        trained_head.load(folder)
    with pytest.raises(SettingsError, match=r"found no head\.json"):
        trained_head.load(f"{folder}/nowhere")


def test_a_daf_head_of_the_version_before_is_read_as_daf_late(tmp_path, embed):
    folder = str(tmp_path)
    module = stored(folder, "daf-late", embed, {})
    now = trained_head.load(folder)
    written = json.loads((tmp_path / "head.json").read_text())
    (tmp_path / "head.json").write_text(json.dumps({**written, "version": 8, "kind": "daf"}))
    before = trained_head.load(folder)
    assert before.kind == "daf-late"
    assert before.identity == {**now.identity, "kind": "daf"}  # so that earlier runs go on
    assert before.module.state_dict().keys() == module.state_dict().keys()


@pytest.mark.parametrize(
    ("sentiment", "word"),
    [(-0.5, "negative"), (-0.49, "neutral"), (0.0, "neutral"), (0.49, "neutral"), (3, "positive")],
)
def test_polarity(sentiment, word):
    assert polarity(sentiment) == word
