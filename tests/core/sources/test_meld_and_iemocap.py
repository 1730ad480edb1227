"""MELD and IEMOCAP as published: rows, labels, splits, and what is quarantined of them."""

from tests.core.sources.corpus_forms import (
    write_iemocap,
    write_meld,
    write_wav,
)
from tests.core.sources.ingest import by_id, ingest, reasons


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
    assert "utterance" not in first["meta"]  # the words again
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
