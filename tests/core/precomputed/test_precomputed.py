"""Precomputed features: pooled over frames that are not padding, repaired, found by id."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.errors import SettingsError
from daf_core.precomputed.features import pool
from daf_core.precomputed.open import open_features
from tests.core.sources.corpus_forms import (
    AUDIO_WIDTH,
    TEXT_WIDTH,
    mmsa,
    write_csd_folder,
    write_mmsa,
)


@pytest.mark.parametrize("aligned", [True, False])
def test_mmsa_features_are_means_and_deviations_over_what_is_no_padding(tmp_path, aligned):
    data = mmsa(aligned)
    path = write_mmsa(tmp_path / "a.pkl", data)
    extracted = open_features(str(path))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}
    assert extracted.repaired == 0
    held = data["test"]
    for row, utterance in enumerate(held["id"]):
        mask = held["text_bert"][row, 1] > 0
        text = held["text"][row][mask]
        audio = held["audio"][row][mask if aligned else slice(held["audio_lengths"][row])]
        (found,), _ = extracted.columns["text"].select([utterance])
        np.testing.assert_allclose(found, text.mean(axis=0), atol=2e-3)
        (found,), _ = extracted.columns["audio"].select([utterance])
        expected = np.concatenate([audio.mean(axis=0), audio.std(axis=0)])
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_features_without_lengths_and_mask_end_where_only_zeros_follow(tmp_path):
    data = mmsa(aligned=True)
    whole = open_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    for held in data.values():
        del held["text_bert"]
        held["audio"] = np.concatenate([np.zeros_like(held["audio"]), held["audio"]], axis=1)
    found = open_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    for name in ("text", "audio"):
        np.testing.assert_array_equal(found.columns[name].values, whole.columns[name].values)


def test_numbers_that_are_none_are_repaired_and_counted(tmp_path):
    data = mmsa()
    held = data["train"]
    held["audio_lengths"][:3] = [4, 0, 12]
    held["audio"][0, :5] = [[-np.inf, np.nan, 1e6, 1.0]] * 4 + [[np.nan] * 4]  # the 5th is padding
    held["audio"][2] = 0.0
    extracted = open_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    values, present = extracted.columns["audio"].select(held["id"][:3])
    assert values[0].tolist() == [0.0, 0.0, 65504.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert present.tolist() == [True, False, False]  # no frame; nothing but zeros
    assert extracted.repaired == 8 + 1


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("text", np.zeros((6, 8)), r"expected in train text as numbers \(6 rows, frames, features"),
        ("audio", np.zeros((5, 8, 2)), r"found float64 \(5, 8, 2\)"),
        ("audio", np.array([["a"]]), "found <U1"),
        ("audio", "much", "found <class 'str'>"),
        ("audio", np.zeros((6, 8, 0)), r"found float64 \(6, 8, 0\)"),
        ("audio", np.zeros((6, 2**40, 0)), r"found float64 \(6, 1099511627776, 0\)"),
        ("text", np.zeros((6, 8, 3)), r"text: expected features of one width, found \[3, 6\]"),
    ],
)
def test_features_of_other_shapes_are_refused(tmp_path, name, value, complaint):
    data = mmsa()
    data["train"][name] = value
    with pytest.raises(SettingsError, match=complaint):
        open_features(str(write_mmsa(tmp_path / "a.pkl", data)))


def test_frames_of_no_rows_take_no_memory_however_many_they_are(tmp_path):
    data = mmsa()
    data["valid"] |= {"id": [], "audio": np.zeros((0, 2**40, AUDIO_WIDTH)), "audio_lengths": []}
    data["valid"]["text"] = np.zeros((0, 2**40, TEXT_WIDTH))
    extracted = open_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}


@settings(max_examples=50)
@given(
    frames=arrays(
        np.float32, st.tuples(st.integers(0, 70), st.integers(1, 3), st.just(2)),
        elements=st.floats(-100, 100, width=32) | st.sampled_from([np.nan, np.inf, -np.inf]),
    ),
    data=st.data(),
)  # fmt: skip
def test_pooling_is_finite_does_not_see_padding_and_counts_what_it_repairs(frames, data):
    used = data.draw(arrays(bool, frames.shape[:2]))
    pooled = pool(frames, used, deviation=True)
    assert np.isfinite(pooled.values).all()
    assert pooled.repaired == (~np.isfinite(frames[used])).sum()
    other = np.where(used[..., None], frames, np.float32(np.nan))
    again = pool(other, used, deviation=True)
    np.testing.assert_array_equal(pooled.values, again.values)
    for row in np.flatnonzero(used.any(axis=1)):
        repaired = np.where(np.isfinite(frames[row]), frames[row], 0)[used[row]].astype(float)
        expected = np.concatenate([repaired.mean(axis=0), repaired.std(axis=0)])
        np.testing.assert_allclose(pooled.values[row], expected, rtol=2e-3, atol=1e-3)


def test_csd_features_are_those_of_the_labelled_intervals(tmp_path):
    folder = write_csd_folder(tmp_path / "mosei")
    extracted = open_features(str(folder))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}
    assert extracted.repaired == 3
    assert extracted.encoders["audio"].name == "CMU_MOSEI_COVAREP.csd"
    with h5py.File(folder / "CMU_MOSEI_COVAREP.csd") as file:
        frames = file["CMU_MOSEI_COVAREP/data/v2/features"][100:200]
    (found,), _ = extracted.columns["audio"].select(["v2[1]"])
    expected = np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
    np.testing.assert_allclose(found, expected, atol=2e-3)
    with h5py.File(folder / "CMU_MOSEI_TimestampedWordVectors.csd") as file:
        words = file["CMU_MOSEI_TimestampedWordVectors/data/v3/features"][5:7]
    (found,), _ = extracted.columns["text"].select(["v3[2]"])
    np.testing.assert_allclose(found, words.mean(axis=0), atol=2e-3)
    (folder / "CMU_MOSEI_TimestampedWordVectors.csd").unlink()
    (folder / "CMU_MOSEI_COVAREP.csd").unlink()
    with pytest.raises(SettingsError, match="expected word vectors, COVAREP or openSMILE"):
        open_features(str(folder))
