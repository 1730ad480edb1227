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
    SEGMENTS,
    TEXT_WIDTH,
    mmsa,
    write_csd_folder,
    write_mmsa,
    write_sequence,
)


def scaled(rows):
    """Each feature less its mean, divided by its deviation."""
    values = np.array(rows, np.float64)
    return (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.mark.parametrize("aligned", [True, False])
def test_mmsa_features_are_means_and_deviations_over_what_is_no_padding(tmp_path, aligned):
    data = mmsa(aligned)
    path = write_mmsa(tmp_path / "a.pkl", data)
    extracted = open_features(str(path))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}
    assert extracted.repaired == 0
    ids, texts, audios = [], [], []
    for held in data.values():
        for row, utterance in enumerate(held["id"]):
            mask = held["text_bert"][row, 1] > 0
            audio = held["audio"][row][mask if aligned else slice(held["audio_lengths"][row])]
            ids.append(utterance)
            texts.append(held["text"][row][mask].mean(axis=0))
            audios.append(np.concatenate([audio.mean(axis=0), audio.std(axis=0)]))
    for name, expected in (("text", texts), ("audio", audios)):
        found, present = extracted.columns[name].select(ids)
        assert present.all()
        np.testing.assert_allclose(found, scaled(expected), atol=4e-3)


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
    others, _ = extracted.columns["audio"].select(held["id"][3:])
    assert np.isfinite(values).all()
    assert values[0, 2] > 3 > abs(others[:, 2]).max()  # 1e6 stands out
    assert present.tolist() == [True, False, False]  # no frame; nothing but zeros
    assert extracted.repaired == 8


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
    ids, texts, audios = [], [], []
    with (
        h5py.File(folder / "CMU_MOSEI_COVAREP.csd") as heard,
        h5py.File(folder / "CMU_MOSEI_TimestampedWordVectors.csd") as spoken,
    ):
        for video in heard["CMU_MOSEI_COVAREP/data"]:
            frames = heard[f"CMU_MOSEI_COVAREP/data/{video}/features"][:]
            words = spoken[f"CMU_MOSEI_TimestampedWordVectors/data/{video}/features"][:]
            for number, (start_s, end_s) in enumerate(SEGMENTS):
                ids.append(f"{video}[{number}]")
                own = np.nan_to_num(frames[round(100 * start_s) : round(100 * end_s)], neginf=0)
                audios.append(np.concatenate([own.mean(axis=0), own.std(axis=0)]))
                middles = np.arange(0.25, 3.5, 0.5)
                texts.append(words[(middles >= start_s) & (middles < end_s)].mean(axis=0))
    for name, expected in (("text", texts), ("audio", audios)):
        found, present = extracted.columns[name].select(ids)
        assert present.all()
        np.testing.assert_allclose(found, scaled(expected), atol=4e-3)
    same = extracted.encoders["audio"]
    write_sequence(
        folder / "CMU_MOSEI_Labels.csd",
        {"v2": (np.zeros((1, 7), "f4"), np.array([[0.0, 1.0]]))},
    )
    assert open_features(str(folder)).encoders["audio"] != same  # other rows, another scale
    (folder / "CMU_MOSEI_TimestampedWordVectors.csd").unlink()
    (folder / "CMU_MOSEI_COVAREP.csd").unlink()
    with pytest.raises(SettingsError, match="expected word vectors, COVAREP or openSMILE"):
        open_features(str(folder))
