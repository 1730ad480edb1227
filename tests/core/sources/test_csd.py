"""The CMU Multimodal SDK's files: rows, labels, splits, and what damage to them costs."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from daf_core.errors import SettingsError
from daf_core.precomputed.open import open_features
from daf_core.sources.open_source import open_source
from tests.core.sources.corpus_forms import (
    SEGMENTS,
    write_csd_folder,
    write_sequence,
    write_wav,
)
from tests.core.sources.ingest import by_id, ingest, reasons


def test_csd(tmp_path, caplog):
    folder = write_csd_folder(tmp_path / "mosei")
    rows, quarantined = ingest(folder)
    assert quarantined == []
    assert caplog.messages == []
    found = by_id(rows)
    assert list(found) == [f"{v}[{n}]" for v in ("-v1_x", "v2", "v3", "v4") for n in range(3)]
    assert [found[f"v2[{n}]"]["text"] for n in range(3)] == ["one", "two", "three four"]
    third = found["v2[2]"]
    assert (third["start_s"], third["end_s"], third["recording_id"]) == (2.5, 3.5, "v2")
    with h5py.File(folder / "CMU_MOSEI_Labels.csd") as file:
        label = file["CMU_MOSEI_Labels/data/v2/features"][2]
    assert third["label"] == pytest.approx(label[0])
    assert float(third["meta"]["fear"]) == pytest.approx(label[6])
    splits = [found[f"{video}[0]"]["split"] for video in ("-v1_x", "v2", "v3", "v4")]
    assert splits == ["train", "valid", "test", None]
    assert not (folder / "ran").exists()  # the file of folds is read, not run


def test_csd_with_recordings(tmp_path):
    folder = write_csd_folder(tmp_path / "mosei")
    write_wav(folder / "Raw/Audio/v2.wav", seconds=3.0)
    (folder / "CMU_MOSEI_TimestampedWords.csd").unlink()
    rows, quarantined = ingest(folder)
    assert [row["utterance_id"] for row in rows] == ["v2[0]", "v2[1]", "v2[2]"]
    assert rows[0]["audio_uri"] == str(folder / "Raw/Audio/v2.wav")
    assert [(row["start_s"], row["end_s"]) for row in rows[:2]] == SEGMENTS[:2]
    assert set(reasons(quarantined)) == {"empty_row"}


def test_csd_without_metadata_and_folds_is_read_and_told(tmp_path, caplog):
    folder = write_csd_folder(tmp_path / "mosei")
    labels = {"v2": ([[4.0], [np.nan], [1.0]], SEGMENTS), "v3": ([[1.0]], SEGMENTS)}
    write_sequence(folder / "CMU_MOSEI_Labels.csd", labels, metadata=None)
    (folder / "cmu_mosei_std_folds.py").unlink()
    rows, quarantined = ingest(folder)
    assert [(row["utterance_id"], row["split"]) for row in rows] == [("v2[2]", None)]
    assert reasons(quarantined) == ["bad_label", "bad_label", "bad_row"]
    assert "v3: expected features (n, …) and intervals (n, 2), found (1, 1) and (3, 2)" in " ".join(
        row["message"] for row in quarantined
    )
    no_folds, no_metadata = caplog.messages
    assert "expected …_std_folds.py, found none, so no row has a split" in no_folds
    assert "CMU_MOSEI_Labels.csd: lacks the metadata root name, " in no_metadata


@pytest.mark.parametrize(
    "name", ["CMU_MOSEI_Labels", "CMU_MOSEI_TimestampedWords", "CMU_MOSEI_COVAREP"]
)
def test_csd_datasets_that_are_none_cost_the_rows_of_their_video_and_no_more(tmp_path, name):
    folder = write_csd_folder(tmp_path / "mosei")
    with h5py.File(folder / f"{name}.csd", "r+") as file:
        data = file[f"{name}/data"]
        del data["v2/intervals"], data["v3/features"], data["v4/intervals"]
        data["v2/intervals"] = np.full((3, 2), b"words")
        shape = (2**50, 2)  # of which nothing is stored
        data["v3"].create_dataset("features", shape, "f8", chunks=(1000, 2))
        data["v4/intervals"] = h5py.Empty("f8")
        data[b"\xff\n"] = data["-v1_x"]
        del file[f"{name}/metadata"]
        file[f"{name}/metadata"] = 1.0
    rows, quarantined = ingest(folder)
    read = {"-v1_x", "v2", "v3", "v4"} if "COVAREP" in name else {"-v1_x"}
    assert {row["recording_id"] for row in rows} == read
    expected = {"Labels": 4, "TimestampedWords": 9, "COVAREP": 0}[name.removeprefix("CMU_MOSEI_")]
    assert reasons(quarantined) == ["bad_row"] * expected
    assert not any("\n" in row["message"] for row in quarantined)
    assert "-v1_x[0]" in open_features(str(folder)).columns["audio"].places


def damage(folder: Path, kind: str) -> None:
    labels, words = folder / "CMU_MOSEI_Labels.csd", folder / "CMU_MOSEI_TimestampedWords.csd"
    if kind == "cut":
        labels.write_bytes(labels.read_bytes()[:3000])
    elif kind == "no HDF5":
        labels.write_text("hello")
    elif kind == "no data":
        with h5py.File(labels, "w") as file:
            file.create_group("Labels/metadata")
    elif kind == "empty":
        h5py.File(labels, "w").close()
    elif kind == "no labels":
        labels.unlink()
    elif kind == "no words":
        words.unlink()
    elif kind == "two":
        (folder / "Other_Labels.csd").write_bytes(labels.read_bytes())
    else:
        (folder / "cmu_mosei_std_folds.py").write_text(kind)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("cut", "expected HDF5, cannot be read"),
        ("no HDF5", "expected HDF5, cannot be read"),
        ("no data", "found Labels without such data"),
        ("empty", "found nothing without such data"),
        ("no labels", r"expected …Labels\.csd"),
        ("no words", r"expected …Words\.csd or recordings"),
        ("two", "found CMU_MOSEI_Labels.csd, Other_Labels.csd"),
        ("standard_train_fold = open('x')", "expected lists of video ids, cannot be read"),
        ("a = 1", "expected the lists standard_train_fold"),
    ],
)
def test_csd_that_is_none_is_refused(tmp_path, kind, complaint):
    folder = write_csd_folder(tmp_path / "mosei")
    damage(folder, kind)
    with pytest.raises(SettingsError, match=complaint):
        open_source(str(folder))
