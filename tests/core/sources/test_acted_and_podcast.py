"""CREMA-D, RAVDESS, nEMO and MSP-Podcast as published: rows, labels, splits, quarantine."""

import os

import pytest

from daf_core.errors import SettingsError
from tests.core.sources.corpus_forms import (
    write_crema_d,
    write_msp_podcast,
    write_nemo,
    write_ravdess,
    write_wav,
)
from tests.core.sources.ingest import by_id, ingest, reasons


def test_crema_d(tmp_path):
    rows, quarantined = ingest(write_crema_d(tmp_path))
    found = by_id(rows)
    assert sorted(found) == ["1001_DFA_ANG_XX", "1001_IEO_HAP_HI", "1091_TSI_NEU_XX"]
    angry = found["1001_DFA_ANG_XX"]
    assert angry["audio_uri"] == str(tmp_path / "AudioWAV/1001_DFA_ANG_XX.wav")
    assert angry["text"] == "Don't forget a jacket."
    assert (angry["recording_id"], angry["speaker"], angry["split"]) == ("1001", "1001", None)
    assert [found[name]["label"] for name in sorted(found)] == [-1, 1, 0]
    assert found["1001_IEO_HAP_HI"]["meta"] == {"emotion": "happiness", "level": "high"}
    # SUR is no emotion of the corpus, "take two" no name of it; both are named.
    assert reasons(quarantined) == ["bad_row", "bad_row"]
    said = " ".join(row["message"] for row in quarantined)
    assert "found AudioWAV/take two" in said
    assert "SUR in AudioWAV/1091_TSI_SUR_XX" in said


@pytest.mark.parametrize("folder", ["AudioWAV", "audiowav"])
def test_crema_d_by_the_folder_of_its_recordings_and_in_other_letters(tmp_path, folder):
    write_crema_d(tmp_path)
    (tmp_path / "AudioWAV").rename(tmp_path / folder)
    for source in (tmp_path, tmp_path / folder):
        rows, _ = ingest(source)
        assert by_id(rows)["1001_DFA_ANG_XX"]["label"] == -1


def test_one_actor_of_ravdess(tmp_path):
    actor = write_ravdess(tmp_path) / "Audio_Speech_Actors_01-24/Actor_01"
    rows, _ = ingest(actor)
    assert [row["label"] for row in rows] == [-1, None, 1]


def test_nemo_by_actor(tmp_path):
    folder = write_nemo(tmp_path / "nEMO")
    (folder / "samples/EB0").mkdir()
    (folder / "samples/EB0_anger_1.wav").rename(folder / "samples/EB0/EB0_anger_1.wav")
    rows, _ = ingest(folder)
    assert by_id(rows)["EB0_anger_1"]["audio_uri"].endswith("EB0/EB0_anger_1.wav")


def test_msp_podcast_without_words_and_with_a_column_of_our_name(tmp_path):
    folder = write_msp_podcast(tmp_path)
    for text in (folder / "Transcripts").iterdir():
        text.unlink()
    table = folder / "Labels/labels_consensus.csv"
    table.write_text(table.read_text().replace("Gender", "Speaker"))
    rows, _ = ingest(folder)
    assert [(row["text"], row["speaker"]) for row in rows] == [(None, "127"), (None, "8")]


def test_ravdess(tmp_path):
    rows, quarantined = ingest(write_ravdess(tmp_path))
    found = by_id(rows)
    assert sorted(found) == [
        "03-01-06-02-01-02-01",
        "03-01-08-01-02-01-01",
        "03-02-03-01-02-01-01",
    ]
    afraid, surprised, sung = (found[name] for name in sorted(found))
    assert (afraid["label"], afraid["text"]) == (-1, "Kids are talking by the door.")
    assert (surprised["label"], surprised["meta"]["emotion"]) == (None, "surprise")
    assert (sung["label"], sung["meta"]["voice"]) == (1, "song")
    assert afraid["meta"]["level"] == "strong"
    assert {row["recording_id"] for row in rows} == {"01"}
    assert quarantined == []  # the video of the same clip is no further row


def test_nemo(tmp_path):
    rows, quarantined = ingest(write_nemo(tmp_path / "nEMO"))
    found = by_id(rows)
    angry = found["EB0_anger_1"]
    assert (angry["text"], angry["label"], angry["speaker"]) == ("Lubię czytać.", -1, "EB0")
    assert angry["meta"] == {"emotion": "anger", "sex": "female", "age": "25"}
    surprised = found["MK1_surprised_2"]
    assert surprised["label"] is None
    assert "missing_audio" in surprised["flags"]  # its clip; the words are there
    assert reasons(quarantined) == []


@pytest.mark.parametrize("table", ["Labels/labels_consensus.csv", "label/labels_concensus.csv"])
def test_msp_podcast(tmp_path, table):
    rows, quarantined = ingest(write_msp_podcast(tmp_path, table))
    found = {row["utterance_id"][-9:]: row for row in rows}
    first = found["0001_0008"]
    assert (first["text"], first["label"], first["split"]) == ("So that is it.", 0.5, "train")
    assert (first["recording_id"], first["speaker"]) == ("MSP-PODCAST_0001", "127")
    assert first["meta"] == {
        "emotion": "neutral",
        "split_set": "Train",
        "emoact": "4.2",
        "emodom": "4.8",
        "gender": "Male",
    }
    third = found["0023_0001"]
    assert (third["label"], third["split"], third["text"]) == (-2.25, "test", "Never again.")
    # One has neither clip nor words, one no valence.
    assert reasons(quarantined) == ["bad_label", "missing_audio"]
    assert len(rows) == 2


def test_words_that_cannot_be_read_are_named(tmp_path):
    folder = write_msp_podcast(tmp_path)
    (folder / "Transcripts/MSP-PODCAST_0001_0008.txt").write_text("word " * 20_000)
    (folder / "Transcripts/MSP-PODCAST_0023_0001.txt").unlink()
    os.mkfifo(folder / "Transcripts/MSP-PODCAST_0023_0001.txt")
    rows, quarantined = ingest(folder)
    assert rows == []
    assert reasons(quarantined).count("unreadable_transcript") == 2


def test_a_table_that_lacks_a_column_is_refused(tmp_path):
    folder = write_msp_podcast(tmp_path)
    (folder / "Labels/labels_consensus.csv").write_text("FileName,EmoClass\na.wav,N\n")
    with pytest.raises(SettingsError, match="expected a column EmoVal, Split_Set, found FileName"):
        ingest(folder)


def test_folders_of_the_same_names_with_other_recordings_are_no_such_corpus(tmp_path):
    write_wav(tmp_path / "AudioWAV/call 12.wav", seconds=2)
    write_wav(tmp_path / "Actor_01/greeting.wav", seconds=2)
    _, quarantined = ingest(tmp_path)
    assert "bad_row" not in reasons(quarantined)
