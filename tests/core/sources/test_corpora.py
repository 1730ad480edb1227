"""Labelled corpora as published: rows, labels, splits, and what is quarantined of them."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from daf_core.errors import SettingsError
from daf_core.precomputed.open import open_features
from daf_core.sources.open_source import open_source
from tests.core.sources.corpus_forms import (
    SEGMENTS,
    mmsa,
    write_csd_folder,
    write_iemocap,
    write_meld,
    write_mmsa,
    write_mmsa_fet,
    write_sequence,
    write_wav,
)
from tests.core.sources.ingest import ingest


def reasons(quarantined: list[dict[str, Any]]) -> list[str]:
    return sorted(row["reason"] for row in quarantined)


# MMSA's pickle


@pytest.mark.parametrize("aligned", [True, False])
def test_mmsa_rows(tmp_path, aligned):
    data = mmsa(aligned)
    rows, quarantined = ingest(write_mmsa(tmp_path / "a.pkl", data))
    assert quarantined == []
    assert [row["utterance_id"] for row in rows] == [
        i for held in data.values() for i in held["id"]
    ]
    first = rows[0]
    assert (first["recording_id"], first["text"]) == ("train0", "words of train0$_$1")
    assert (first["audio_uri"], first["start_s"], first["split"]) == (None, None, "train")
    assert first["label"] == pytest.approx(data["train"]["regression_labels"][0])
    assert first["meta"] == {"annotation": data["train"]["annotations"][0]}
    assert {row["split"] for row in rows} == {"train", "valid", "test"}


def test_mmsa_labels_that_are_none_and_ids_that_come_twice_are_quarantined(tmp_path):
    data = mmsa()
    data["train"]["regression_labels"][:3] = [3.5, np.nan, -np.inf]
    data["train"]["id"][4] = data["train"]["id"][5]
    rows, quarantined = ingest(write_mmsa(tmp_path / "a.pkl", data))
    assert reasons(quarantined) == ["bad_label", "bad_label", "bad_label", "duplicate_id"]
    assert (
        quarantined[0]["message"]
        == "a.pkl:train[0]: label: expected a number in [-3, 3], found 3.5"
    )
    assert [row["utterance_id"] for row in quarantined[:3]] == data["train"]["id"][:3]
    assert len(rows) == 18 - 4


def test_mmsa_values_that_are_no_texts_and_numbers_are_quarantined(tmp_path):
    shared: list[Any] = []
    for _ in range(60):  # written out it would be larger than any disk
        shared = [shared, shared]
    data = mmsa()
    data["train"]["id"][0] = shared
    data["train"]["annotations"][1] = shared
    data["train"]["raw_text"][2] = 10**5_000  # Python does not write these out
    data["train"]["regression_labels"] = [*data["train"]["regression_labels"][:5], {"a": shared}]
    path = write_mmsa(tmp_path / "a.pkl", data)
    rows, quarantined = ingest(path)
    assert reasons(quarantined) == ["bad_row"] * 4
    messages = {row["message"] for row in quarantined}
    assert "a.pkl:train[0]: id: expected a text or a number, found list" in messages
    assert len(rows) == 18 - 4
    known = open_features(str(path)).columns["text"].places
    assert {row["utterance_id"] for row in rows} <= known.keys()


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ([1, 2], "expected a dict of train, valid, test, found list"),
        ({"a": 1}, "found dict with 'a'"),
        ({"train": 3}, "expected train to be a dict with id, text, audio …, found int"),
        ({"train": {"id": ["a"], "raw_text": []}}, "expected in train 1 raw_text, .* found 0"),
        ({"train": {"id": ["a"], "raw_text": ["b"]}}, "1 regression_labels, .* found none"),
    ],
)
def test_other_pickles_are_refused_by_what_they_lack(tmp_path, broken, complaint):
    with pytest.raises(SettingsError, match=complaint):
        open_source(str(write_mmsa(tmp_path / "a.pkl", broken)))


def test_a_corpus_takes_no_options_of_tables_and_folders(tmp_path):
    path = str(write_mmsa(tmp_path / "a.pkl", mmsa()))
    with pytest.raises(SettingsError, match="`rename`"):
        open_source(path, rename={"a": "text"})
    with pytest.raises(SettingsError, match="no file"):
        open_source(str(tmp_path / "b.pkl"))


# Folders


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["utterance_id"]: row for row in rows}


def test_mmsa_fet(tmp_path):
    rows, quarantined = ingest(write_mmsa_fet(tmp_path / "sims"))
    found = by_id(rows)
    first = found["aqgy4$_$0001"]
    assert first["audio_uri"] == str(tmp_path / "sims/Raw/aqgy4/0001.wav")
    assert (first["recording_id"], first["start_s"], first["end_s"]) == ("aqgy4", 0.0, 0.5)
    assert (first["text"], first["label"], first["split"]) == ("so it is", 0.4, "train")
    assert first["meta"] == {"label_T": "0.2", "annotation": "Positive"}
    missing = found["a-_b$_$2"]  # scored on its text, and flagged
    assert missing["audio_uri"].endswith("Raw/a-_b/2.mp4")
    assert (missing["start_s"], missing["label"]) == (None, None)
    assert list(found) == ["aqgy4$_$0001", "aqgy4$_$0002", "a-_b$_$2"]
    assert reasons(quarantined) == ["bad_label", "bad_row", "bad_split"]
    assert any(row["message"].startswith("label.csv:6: expected video_id") for row in quarantined)
    (tmp_path / "sims/label.csv").write_text("video_id,text\n")
    with pytest.raises(SettingsError, match=r"label\.csv: expected a column clip_id, label, mode"):
        ingest(tmp_path / "sims")


def test_meld(tmp_path):
    rows, quarantined = ingest(write_meld(tmp_path / "MELD.Raw"))
    found = by_id(rows)
    assert list(found) == [
        "train_dia0_utt0", "train_dia0_utt1", "train_dia0_utt2", "dev_dia0_utt0", "test_dia0_utt0"
    ]  # fmt: skip
    first = found["train_dia0_utt0"]
    assert first["text"] == "Oh, he’s lost it."
    assert (first["recording_id"], first["speaker"], first["label"]) == ("train_dia0", "Phoebe", -1)
    assert (first["start_s"], first["end_s"], first["split"]) == (0.0, 0.5, "train")
    assert first["meta"]["emotion"] == "sadness"
    assert first["meta"]["starttime"] == "00:20:57,256"
    folder = tmp_path / "MELD.Raw/train/train_splits"
    assert [found[f"train_dia0_utt{n}"]["audio_uri"] for n in range(3)] == [
        str(folder / name) for name in ("dia0_utt0.wav", "dia0_utt1.mp4", "dia0_utt2.wav")
    ]
    assert found["dev_dia0_utt0"]["audio_uri"] is None
    assert [found[name]["split"] for name in ("dev_dia0_utt0", "test_dia0_utt0")] == [
        "valid", "test"
    ]  # fmt: skip
    assert found["test_dia0_utt0"]["audio_uri"].endswith("test/dia0_utt0.wav")
    assert reasons(quarantined) == ["bad_label", "bad_row"]


def test_iemocap(tmp_path):
    rows, quarantined = ingest(write_iemocap(tmp_path))
    found = by_id(rows)
    woman, man = (found[f"Ses01F_impro01_{turn}"] for turn in ("F000", "M000"))
    assert [row["text"] for row in (woman, man)] == ["Excuse me.", "Do you have your forms?"]
    assert [row["label"] for row in (woman, man)] == [-0.75, -2.25]
    assert [row["speaker"] for row in (woman, man)] == ["Ses01F", "Ses01M"]
    assert (man["recording_id"], man["split"], man["end_s"]) == ("Ses01F_impro01", None, 0.5)
    assert man["audio_uri"] == str(
        tmp_path / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav"
    )
    assert man["meta"] == {
        "emotion": "fru", "valence": "1.5000", "activation": "2.5000", "dominance": "2.5000",
        "dialogue_start_s": "7.5712", "dialogue_end_s": "10.475",
    }  # fmt: skip
    unrated = found["Ses01F_impro01_MXX0"]
    assert (unrated["text"], unrated["label"], unrated["audio_uri"]) == ("Mhm.", None, None)
    assert found["Ses02M_script01_1_F000"]["audio_uri"] is None
    assert len(rows) == 6
    # A valence of 5.5, a line of each kind of file that is no turn; in each of the two dialogues.
    assert reasons(quarantined) == ["bad_label"] * 2 + ["bad_row"] * 4


def test_iemocap_turns_that_come_twice_are_quarantined(tmp_path):
    rows, before = ingest(write_iemocap(tmp_path / "whole"))
    folder = write_iemocap(tmp_path / "doubled")
    said = folder / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    evaluated = folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    first, *_ = said.read_text().splitlines(keepends=True)
    said.write_text(said.read_text() + first)
    *_, third, _ = evaluated.read_text().splitlines(keepends=True)
    evaluated.write_text(evaluated.read_text() + third)
    found, quarantined = ingest(folder)
    assert len(found) == len(rows)
    assert reasons(quarantined) == sorted([*reasons(before), "duplicate_id", "duplicate_id"])


def test_iemocap_a_long_gap_within_ratings_is_a_bad_row(tmp_path):
    folder = write_iemocap(tmp_path)
    path = folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    gap = " " * 200_000  # minutes, where it is split in all ways
    line = f"[1.0 - 2.0]\tSes01F_impro01_F002\tneu\t[2.5,{gap}x\n"
    path.write_text(path.read_text() + line)
    _, before = ingest(write_iemocap(tmp_path / "whole"))
    _, quarantined = ingest(folder)
    assert len(quarantined) == len(before) + 1


def test_a_folder_of_recordings_that_is_called_as_a_session_is_no_corpus(tmp_path):
    write_wav(tmp_path / "Session1/a.wav")
    (tmp_path / "Session1/a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.400\nhi\n")
    rows, _ = ingest(tmp_path)
    assert [row["recording_id"] for row in rows] == ["Session1/a"]


# The CMU Multimodal SDK's files


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
