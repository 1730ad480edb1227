import builtins
import codecs
import copyreg
import functools
import operator
import os
import pickle
import resource
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.errors import SettingsError
from daf_core.precomputed.features import pool
from daf_core.precomputed.open import read_features
from daf_core.sources.corpora.safe_pickle import load_arrays
from daf_core.sources.open_source import open_source
from tests.core.sources.corpus_forms import (
    AUDIO_WIDTH,
    SEGMENTS,
    TEXT_WIDTH,
    mmsa,
    write_csd_folder,
    write_iemocap,
    write_meld,
    write_mmsa,
    write_mmsa_fet,
    write_sequence,
    write_wav,
)


def ingest(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    source = open_source(str(path))
    source.gather()
    rows, rejected = [], list(source.rejected)
    for _, recordings in source.recordings():
        found, refused = source.inspector()(recordings)
        rows += found
        rejected += refused
    return rows, rejected


def reasons(rejected: list[dict[str, Any]]) -> list[str]:
    return sorted(row["reason"] for row in rejected)


# Pickles


class Call:
    """Pickles as a call of `function`, here or inside something harmless."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def calls(marker: Path) -> dict[str, Any]:
    """What pickles are made to do; each would leave `marker` behind, or be a step towards it."""
    touch = f"touch {marker}"
    return {
        "os.system": Call(os.system, touch),
        "subprocess": Call(subprocess.check_call, ["touch", str(marker)]),
        "eval": Call(builtins.eval, f"open({str(marker)!r}, 'w')"),
        "exec": Call(builtins.exec, f"open({str(marker)!r}, 'w')"),
        "open": Call(builtins.open, str(marker), "w"),
        "getattr": Call(getattr, os, "system"),
        "getattr chain": Call(Call(getattr, Call(__import__, "os"), "system"), touch),
        "import": Call(__import__, "antigravity"),
        "copyreg": Call(copyreg._reconstructor, Path, object, None),
        "copyreg new": Call(copyreg.__newobj__, Path, str(marker)),
        "partial": Call(functools.partial, os.system, touch),
        "methodcaller": Call(operator.methodcaller("touch"), marker),
        "method of an allowed class": Call(np.ndarray.tofile, np.zeros(1), str(marker)),
        "numpy's own loader": Call(np.load, str(marker), None, True),
        "a codec": Call(codecs.encode, "x", "rot13"),
        "a path": marker,
        "a type": dict[str, int],
        "a class": Call,
    }


CALLS = list(calls(Path("x")))


@settings(max_examples=60)
@given(
    name=st.sampled_from(CALLS),
    protocol=st.integers(0, pickle.HIGHEST_PROTOCOL),
    depth=st.integers(0, 3),
    beside=arrays(np.float32, (2,)),
)
def test_a_pickle_that_calls_anything_is_refused_and_nothing_ran(
    tmp_path_factory, name, protocol, depth, beside
):
    folder = tmp_path_factory.mktemp("pickles")
    held = calls(folder / "ran")[name]
    for _ in range(depth):
        held = {"audio": beside, "id": [held]}
    try:
        data = pickle.dumps(held, protocol=protocol)
    except (TypeError, pickle.PicklingError):
        return  # not to be had in this protocol
    (folder / "a.pkl").write_bytes(data)
    with pytest.raises(SettingsError, match=r"refused, nothing of it was run: .* wants to call"):
        load_arrays(str(folder / "a.pkl"))
    assert [path.name for path in folder.iterdir()] == ["a.pkl"]


def test_the_refusal_names_what_was_to_be_called(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"train": Call(os.system, f"touch {tmp_path}/ran")}))
    with pytest.raises(SettingsError, match=r"a\.pkl: refused.*call (posix|nt)\.system; take"):
        open_source(str(path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy\nndarray\n}S'tofile'\nNs\x86b.",  # sets attributes of an allowed class
        b"cnumpy.core.numeric\n_frombuffer\nN}S'__defaults__'\nNs\x86b.",  # and of a function
        b"cnumpy\nndarray.tofile\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",  # a dotted name, protocol 4
        b"Pos.system\n.",  # a persistent id
        b"\x82\x01.",  # an extension of copyreg
        b"(cnumpy\nndarray\nI1000000000000000\ntR.",
        # A dtype whose state says that its numbers are pointers: numpy follows them.
        pickle.dumps(np.arange(3)).replace(b"K\x00t\x94b", b"K\x3ft\x94b"),
        pickle.dumps({"train": np.zeros(3)}).replace(b"K\x03\x85", b"K\x09\x85"),  # a larger shape
        b"garbage",
        b"",
    ],
)
def test_programs_written_by_hand_are_refused(tmp_path, program):
    (tmp_path / "a.pkl").write_bytes(program)
    with pytest.raises(SettingsError, match=r"a\.pkl: "):
        open_source(str(tmp_path / "a.pkl"))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(np.arange(3), 5)), np.arange(3))


_TWICE_OVER = b"()" + b"2\x86" * 60  # a mark, and tuples in each other, each twice


@pytest.mark.parametrize(
    "program",
    [
        b"}" + _TWICE_OVER[1:] + b"Ns.",  # a key of a dict: to hash it would never end
        _TWICE_OVER + b"Nd.",
        b"\x8f" + _TWICE_OVER + b"\x90.",  # in a set
        _TWICE_OVER + b"\x91.",
    ],
)
def test_a_pickle_that_would_hash_for_ever_is_refused(tmp_path, program):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + program)
    with pytest.raises(SettingsError, match=r"a\.pkl: expected a pickle of arrays"):
        load_arrays(str(tmp_path / "a.pkl"))


def test_a_far_place_in_the_memo_takes_no_memory(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04]r" + (2**30).to_bytes(4, "little") + b".")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert load_arrays(str(tmp_path / "a.pkl")) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def equal(ours: Any, theirs: Any) -> bool:
    """Whether both are the same containers of the same arrays."""
    if isinstance(theirs, np.ndarray):
        native = theirs.dtype.newbyteorder("=")  # as numpy itself has it from most protocols
        same = type(ours) is np.ndarray and ours.dtype.newbyteorder("=") == native
        return same and ours.shape == theirs.shape and ours.tolist() == theirs.tolist()
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[k], theirs[k]) for k in theirs)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_texts_and_numbers_come_back_in_every_protocol(tmp_path, protocol):
    held = {
        "floats": np.arange(6, dtype="f4").reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "cut": np.arange(12).reshape(3, 4)[:, 1:3],
        "turned": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        "big end first": np.arange(3, dtype=">i2"),
        "texts": np.array(["a", "über"]),
        "empty": np.zeros((0, 3), "f2"),
        "scalars": [np.float32(0.1), np.int64(3), np.str_("ü"), np.bool_(True)],
        "plain": ["ü", b"\xff\0", b"", 1, 0.5, None, True, (1, 2), {"nested": [10**30]}],
    }
    write_mmsa(tmp_path / "a.pkl", held, protocol)
    assert equal(load_arrays(str(tmp_path / "a.pkl")), held)
    if protocol == 2:
        write_mmsa(tmp_path / "a.pkl", held, protocol, numpy_1=True)
        assert equal(load_arrays(str(tmp_path / "a.pkl")), held)
    objects = np.array(["a", None, "über"], object)
    write_mmsa(tmp_path / "a.pkl", objects, protocol)
    assert load_arrays(str(tmp_path / "a.pkl")).tolist() == objects.tolist()


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_pickle_is_refused_or_read_and_nothing_else(tmp_path_factory, data):
    pickled = bytearray(pickle.dumps(mmsa()["valid"], 2))
    for _ in range(data.draw(st.integers(1, 4))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("pickles") / "a.pkl"
    path.write_bytes(pickled[: data.draw(st.integers(0, len(pickled)))])
    complaint = "a.pkl: none"
    try:
        ingest(path)
    except SettingsError as err:
        complaint = str(err)
    assert "a.pkl: " in complaint


# MMSA's pickle


@pytest.mark.parametrize("aligned", [True, False])
def test_mmsa_rows(tmp_path, aligned):
    data = mmsa(aligned)
    rows, rejected = ingest(write_mmsa(tmp_path / "a.pkl", data))
    assert rejected == []
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
    rows, rejected = ingest(write_mmsa(tmp_path / "a.pkl", data))
    assert reasons(rejected) == ["bad_label", "bad_label", "bad_label", "duplicate_id"]
    assert rejected[0]["message"] == "a.pkl:train[0]: label: expected a number in [-3, 3], got 3.5"
    assert [row["utterance_id"] for row in rejected[:3]] == data["train"]["id"][:3]
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
    rows, rejected = ingest(path)
    assert reasons(rejected) == ["bad_row"] * 4
    messages = {row["message"] for row in rejected}
    assert "a.pkl:train[0]: id: expected a text or a number, got list" in messages
    assert len(rows) == 18 - 4
    known = read_features(str(path)).columns["text"].places
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
    with pytest.raises(SettingsError, match="--rename"):
        open_source(path, renamed={"a": "text"})
    with pytest.raises(SettingsError, match="no file"):
        open_source(str(tmp_path / "b.pkl"))


# Features


@pytest.mark.parametrize("aligned", [True, False])
def test_mmsa_features_are_means_and_deviations_over_what_is_no_padding(tmp_path, aligned):
    data = mmsa(aligned)
    path = write_mmsa(tmp_path / "a.pkl", data)
    extracted = read_features(str(path))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}
    assert extracted.repaired == 0
    held = data["test"]
    for row, utterance in enumerate(held["id"]):
        mask = held["text_bert"][row, 1] > 0
        text = held["text"][row][mask]
        audio = held["audio"][row][mask if aligned else slice(held["audio_lengths"][row])]
        (found,), _ = extracted.columns["text"].of_rows([utterance])
        np.testing.assert_allclose(found, text.mean(axis=0), atol=2e-3)
        (found,), _ = extracted.columns["audio"].of_rows([utterance])
        expected = np.concatenate([audio.mean(axis=0), audio.std(axis=0)])
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_features_without_lengths_and_mask_end_where_only_zeros_follow(tmp_path):
    data = mmsa(aligned=True)
    whole = read_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    for held in data.values():
        del held["text_bert"]
        held["audio"] = np.concatenate([np.zeros_like(held["audio"]), held["audio"]], axis=1)
    found = read_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    for name in ("text", "audio"):
        np.testing.assert_array_equal(found.columns[name].values, whole.columns[name].values)


def test_numbers_that_are_none_are_repaired_and_counted(tmp_path):
    data = mmsa()
    held = data["train"]
    held["audio_lengths"][:3] = [4, 0, 12]
    held["audio"][0, :5] = [[-np.inf, np.nan, 1e6, 1.0]] * 4 + [[np.nan] * 4]  # the 5th is padding
    held["audio"][2] = 0.0
    extracted = read_features(str(write_mmsa(tmp_path / "a.pkl", data)))
    values, present = extracted.columns["audio"].of_rows(held["id"][:3])
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
        read_features(str(write_mmsa(tmp_path / "a.pkl", data)))


def test_frames_of_no_rows_take_no_memory_however_many_they_are(tmp_path):
    data = mmsa()
    data["valid"] |= {"id": [], "audio": np.zeros((0, 2**40, AUDIO_WIDTH)), "audio_lengths": []}
    data["valid"]["text"] = np.zeros((0, 2**40, TEXT_WIDTH))
    extracted = read_features(str(write_mmsa(tmp_path / "a.pkl", data)))
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


# Folders


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["utterance_id"]: row for row in rows}


def test_mmsa_fet(tmp_path):
    rows, rejected = ingest(write_mmsa_fet(tmp_path / "sims"))
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
    assert reasons(rejected) == ["bad_label", "bad_row", "bad_split"]
    assert any(row["message"].startswith("label.csv:6: expected video_id") for row in rejected)
    (tmp_path / "sims/label.csv").write_text("video_id,text\n")
    with pytest.raises(SettingsError, match=r"label\.csv: expected a column clip_id, label, mode"):
        ingest(tmp_path / "sims")


def test_meld(tmp_path):
    rows, rejected = ingest(write_meld(tmp_path / "MELD.Raw"))
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
    assert reasons(rejected) == ["bad_label", "bad_row"]


def test_iemocap(tmp_path):
    rows, rejected = ingest(write_iemocap(tmp_path))
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
    assert reasons(rejected) == ["bad_label"] * 2 + ["bad_row"] * 4


def test_iemocap_turns_that_come_twice_are_quarantined(tmp_path):
    rows, before = ingest(write_iemocap(tmp_path / "whole"))
    folder = write_iemocap(tmp_path / "doubled")
    said = folder / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    evaluated = folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    first, *_ = said.read_text().splitlines(keepends=True)
    said.write_text(said.read_text() + first)
    *_, third, _ = evaluated.read_text().splitlines(keepends=True)
    evaluated.write_text(evaluated.read_text() + third)
    found, rejected = ingest(folder)
    assert len(found) == len(rows)
    assert reasons(rejected) == sorted([*reasons(before), "duplicate_id", "duplicate_id"])


def test_iemocap_a_long_gap_within_ratings_is_a_bad_row(tmp_path):
    folder = write_iemocap(tmp_path)
    path = folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    gap = " " * 200_000  # minutes, where it is split in all ways
    line = f"[1.0 - 2.0]\tSes01F_impro01_F002\tneu\t[2.5,{gap}x\n"
    path.write_text(path.read_text() + line)
    _, before = ingest(write_iemocap(tmp_path / "whole"))
    _, rejected = ingest(folder)
    assert len(rejected) == len(before) + 1


def test_a_folder_of_recordings_that_is_called_as_a_session_is_no_corpus(tmp_path):
    write_wav(tmp_path / "Session1/a.wav")
    (tmp_path / "Session1/a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.400\nhi\n")
    rows, _ = ingest(tmp_path)
    assert [row["recording_id"] for row in rows] == ["Session1/a"]


# The CMU Multimodal SDK's files


def test_csd(tmp_path, caplog):
    folder = write_csd_folder(tmp_path / "mosei")
    rows, rejected = ingest(folder)
    assert rejected == []
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
    rows, rejected = ingest(folder)
    assert [row["utterance_id"] for row in rows] == ["v2[0]", "v2[1]", "v2[2]"]
    assert rows[0]["audio_uri"] == str(folder / "Raw/Audio/v2.wav")
    assert [(row["start_s"], row["end_s"]) for row in rows[:2]] == SEGMENTS[:2]
    assert set(reasons(rejected)) == {"empty_row"}


def test_csd_without_metadata_and_folds_is_read_and_told(tmp_path, caplog):
    folder = write_csd_folder(tmp_path / "mosei")
    labels = {"v2": ([[4.0], [np.nan], [1.0]], SEGMENTS), "v3": ([[1.0]], SEGMENTS)}
    write_sequence(folder / "CMU_MOSEI_Labels.csd", labels, metadata=None)
    (folder / "cmu_mosei_std_folds.py").unlink()
    rows, rejected = ingest(folder)
    assert [(row["utterance_id"], row["split"]) for row in rows] == [("v2[2]", None)]
    assert reasons(rejected) == ["bad_label", "bad_label", "bad_row"]
    assert "v3: expected features (n, …) and intervals (n, 2), found (1, 1) and (3, 2)" in " ".join(
        row["message"] for row in rejected
    )
    no_folds, no_metadata = caplog.messages
    assert "has no …_std_folds.py, so that no row has a split" in no_folds
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
    rows, rejected = ingest(folder)
    read = {"-v1_x", "v2", "v3", "v4"} if "COVAREP" in name else {"-v1_x"}
    assert {row["recording_id"] for row in rows} == read
    expected = {"Labels": 4, "TimestampedWords": 9, "COVAREP": 0}[name.removeprefix("CMU_MOSEI_")]
    assert reasons(rejected) == ["bad_row"] * expected
    assert not any("\n" in row["message"] for row in rejected)
    assert "-v1_x[0]" in read_features(str(folder)).columns["audio"].places


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
        ("a = 1", "expected lists standard_train_fold"),
    ],
)
def test_csd_that_is_none_is_refused(tmp_path, kind, complaint):
    folder = write_csd_folder(tmp_path / "mosei")
    damage(folder, kind)
    with pytest.raises(SettingsError, match=complaint):
        open_source(str(folder))


def test_csd_features_are_those_of_the_labelled_intervals(tmp_path):
    folder = write_csd_folder(tmp_path / "mosei")
    extracted = read_features(str(folder))
    assert extracted.shapes == {"text": (1, TEXT_WIDTH), "audio": (1, 2 * AUDIO_WIDTH)}
    assert extracted.repaired == 3
    assert extracted.encoders["audio"].name == "CMU_MOSEI_COVAREP.csd"
    with h5py.File(folder / "CMU_MOSEI_COVAREP.csd") as file:
        frames = file["CMU_MOSEI_COVAREP/data/v2/features"][100:200]
    (found,), _ = extracted.columns["audio"].of_rows(["v2[1]"])
    expected = np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
    np.testing.assert_allclose(found, expected, atol=2e-3)
    with h5py.File(folder / "CMU_MOSEI_TimestampedWordVectors.csd") as file:
        words = file["CMU_MOSEI_TimestampedWordVectors/data/v3/features"][5:7]
    (found,), _ = extracted.columns["text"].of_rows(["v3[2]"])
    np.testing.assert_allclose(found, words.mean(axis=0), atol=2e-3)
    (folder / "CMU_MOSEI_TimestampedWordVectors.csd").unlink()
    (folder / "CMU_MOSEI_COVAREP.csd").unlink()
    with pytest.raises(SettingsError, match="expected word vectors, COVAREP or openSMILE"):
        read_features(str(folder))
