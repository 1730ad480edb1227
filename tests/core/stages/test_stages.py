"""The stages of a part, decode → embed → score, without Ray."""

import json

import numpy as np
import pyarrow as pa
import pytest
import safetensors.torch
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.embeddings.arrays import column_values, embeddings_table, fixed_size_list
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.measures.calibration_values import Calibration
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.schemas import MANIFEST, POLARITIES, QUARANTINE, SCORES, polarity
from daf_core.stages import trained_head
from daf_core.stages.decode import DECODED, decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.weights.specs import resolve
from tests.synthesizer import COMMAND

RATE_HZ = 16_000
CALIBRATIONS = {
    "text and audio": Calibration(mass=0.9, temperature=1.1, rows=30),
    "text": Calibration(mass=0.8, temperature=1.5, rows=20),
}


def manifest_rows(*rows):
    blank = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": []}
    full = [
        {**blank, "utterance_id": f"u{number}", "recording_id": "r", **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=MANIFEST)


@pytest.fixture(scope="module")
def recording(tmp_path_factory, speech):
    path = tmp_path_factory.mktemp("audio") / "speech.wav"
    soundfile.write(path, speech[: 6 * RATE_HZ], RATE_HZ, subtype="PCM_16")
    return str(path)


@pytest.fixture(scope="module")
def part(recording):
    """Both modalities, text, audio, a missing file with and without text, a time past the end."""
    audio = {"audio_uri": recording, "start_s": 1.0, "end_s": 2.5}
    missing = {"audio_uri": f"{recording}.gone", "start_s": 0.0, "end_s": 1.0}
    return manifest_rows(
        {"text": "good morning", **audio},
        {"text": "words alone"},
        {**audio, "start_s": 2.2, "end_s": 2.4},
        {"text": "the file is gone", **missing},
        missing,
        {**audio, "start_s": 90.0, "end_s": 91.0},
    )


def test_decoding_keeps_every_row_and_says_why_one_has_nothing_to_score(part):
    decoded = decode_part(part)
    assert decoded.schema == DECODED
    assert decoded["utterance_id"].to_pylist() == part["utterance_id"].to_pylist()
    assert decoded["reason"].to_pylist() == [None] * 4 + ["missing_audio", "outside_recording"]
    assert decoded["flags"].to_pylist()[1:4] == [
        ["no_audio"],
        ["short", "no_text"],
        ["no_audio", "missing_audio"],
    ]


def test_what_was_away_at_ingest_may_be_there_now(recording):
    rows = manifest_rows(
        {"text": "back", "audio_uri": recording, "flags": ["missing_audio"]},
        {"text": "away", "audio_uri": f"{recording}.gone", "flags": ["missing_audio", "other"]},
        {"text": "never", "flags": ["outside_recording"]},
    )
    assert decode_part(rows)["flags"].to_pylist() == [
        [],
        ["other", "no_audio", "missing_audio"],
        ["outside_recording", "no_audio"],
    ]


def test_a_synthesizer_reads_out_text_without_a_recording(part):
    rows = pa.concat_tables([part, manifest_rows({"text": "is it?"})])
    plain, made = decode_part(rows), decode_part(rows, synthesizer=Synthesizer(COMMAND))
    assert [set(flags) for flags in made["flags"].to_pylist()] == [
        set(),
        {"synthesized"},
        {"short", "no_text"},
        {"no_audio", "missing_audio"},
        set(),
        set(),
        {"no_audio", "not_synthesized"},
    ]
    assert len(made["samples"][1].as_py()) == 2 * 16_000 * 0.05 * len("wordsalone")
    others = pa.array([row != 1 for row in range(len(rows))])
    for column in ("samples", "reason", "message", "text"):
        assert made.filter(others)[column].equals(plain.filter(others)[column])


def test_decoded_samples_are_the_recording_s_own(part, recording):
    samples = np.frombuffer(decode_part(part)["samples"][0].as_py(), "<i2")
    written, _ = soundfile.read(recording, dtype="int16")
    np.testing.assert_array_equal(samples, written[RATE_HZ : int(2.5 * RATE_HZ)])


def test_without_audio_no_recording_is_opened(part):
    decoded = decode_part(part, audio=False)
    assert decoded["samples"].null_count == len(part)
    reasons = decoded["reason"].to_pylist()
    assert reasons == [None, None, "unused_modality", None, "unused_modality", "unused_modality"]


@pytest.fixture(scope="module")
def embed():
    names = {"text": "sentence-transformers/all-MiniLM-L6-v2", "audio": "descriptors"}
    try:
        return Embed({column: resolve(name, offline=True) for column, name in names.items()})
    except SettingsError as err:
        pytest.skip(f"no packaged weights: {err}")


def test_embedding_splits_rows_into_usable_and_quarantined(part, embed):
    embedded, quarantine = embed(decode_part(part))
    assert embedded["utterance_id"].to_pylist() == ["u0", "u1", "u2", "u3"]
    assert embedded["text"].is_valid().to_pylist() == [True, True, False, True]
    assert embedded["audio"].is_valid().to_pylist() == [True, False, True, False]
    assert quarantine.schema == QUARANTINE
    assert quarantine["utterance_id"].to_pylist() == ["u4", "u5"]


def test_a_row_s_embedding_does_not_depend_on_its_part(part, embed):
    whole, _ = embed(decode_part(part))
    alone, _ = embed(decode_part(part.slice(0, 1)))
    for column in ("text", "audio"):
        np.testing.assert_allclose(
            np.array(whole[column][0].as_py(), np.float32),
            np.array(alone[column][0].as_py(), np.float32),
            atol=2e-3,
            rtol=2e-3,
        )


def test_text_longer_than_the_encoder_reads_is_flagged(embed):
    embedded, _ = embed(decode_part(manifest_rows({"text": "word " * 2000}, {"text": "short"})))
    assert embedded["flags"].to_pylist() == [["no_audio", "truncated_text"], ["no_audio"]]


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


def test_columns_of_vectors_survive_nulls_slices_and_chunks():
    values = np.arange(28, dtype=np.float16).reshape(7, 4)
    present = np.array([True, False, True, True, False, True, True])
    table = pa.table({"text": fixed_size_list(values, present)})
    expected = np.where(present[:, None], values, 0).reshape(7, 2, 2)
    for cut, rows in (
        (table, slice(None)),
        (table.slice(2, 4), slice(2, 6)),
        (pa.concat_tables([table.slice(0, 3), table.slice(3)]), slice(None)),
    ):
        found, has = column_values(cut, {"text": (2, 2)})
        np.testing.assert_array_equal(found["text"], expected[rows])
        np.testing.assert_array_equal(has[:, 0], present[rows])


def test_a_head_on_disk_is_the_head_and_damage_is_noticed(tmp_path, embed):
    folder = str(tmp_path)
    module = build("daf", embed.shapes, 8)
    encoders = {column: resolve("descriptors") for column in embed.shapes}
    trained_head.save(
        folder,
        module,
        kind="daf",
        width=8,
        shapes=embed.shapes,
        encoders=encoders,
        calibrations=CALIBRATIONS,
        facts={"a": 1},
    )
    loaded = trained_head.load(folder)
    written = json.loads((tmp_path / "head.json").read_text())
    assert loaded.record.as_dict() == written
    assert [*written][:4] == ["version", "kind", "width", "streams"]
    assert (loaded.shapes, loaded.encoders) == (embed.shapes, encoders)
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
    with pytest.raises(SettingsError, match="expected a head of version 6, found version 2"):
        trained_head.load(folder)
    with pytest.raises(SettingsError, match=r"found no head\.json"):
        trained_head.load(f"{folder}/nowhere")


@pytest.mark.parametrize(
    ("sentiment", "word"),
    [(-0.5, "negative"), (-0.49, "neutral"), (0.0, "neutral"), (0.49, "neutral"), (3, "positive")],
)
def test_polarity(sentiment, word):
    assert polarity(sentiment) == word
