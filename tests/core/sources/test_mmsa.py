"""MMSA's pickle and folder: rows, labels, splits, and what is quarantined or refused of them."""

from typing import Any

import numpy as np
import pytest

from daf_core.errors import SettingsError
from daf_core.precomputed.open import open_features
from daf_core.sources.open_source import open_source
from tests.core.sources.corpus_forms import (
    mmsa,
    write_mmsa,
    write_mmsa_fet,
)
from tests.core.sources.ingest import by_id, ingest, reasons


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
