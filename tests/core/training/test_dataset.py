"""Labelled rows: their splits, and how workers share them."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.embeddings.arrays import fixed_size_list
from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS, embeddings_schema
from daf_core.storage import files, parquet
from daf_core.storage.output import embeddings_output
from daf_core.training.dataset import (
    labelled_corpus,
    load_rows,
    utterance_ids,
    with_train_rows,
    without_held_out,
    without_test,
)
from daf_core.training.splits import UNUSED, labelled_splits

SHAPES = {"text": (2, 3), "audio": (1, 4)}


def write_embeddings(folder, splits, labels=None):
    """Rows in parts of 7; row i has text values i, every third row has no audio."""
    total = len(splits)
    labels = [(i % 7) - 3.0 for i in range(total)] if labels is None else labels
    schema = embeddings_schema({"text": 6, "audio": 4})
    for start in range(0, total, 7):
        rows = range(start, min(start + 7, total))
        blank = {name: pa.nulls(len(rows), schema.field(name).type) for name in schema.names}
        index = np.array(rows)
        has_audio = index % 3 != 0
        filled = {
            "utterance_id": pa.array([f"u{i}" for i in rows]),
            "recording_id": pa.array([f"r{i // 2}" for i in rows]),
            "text": fixed_size_list(
                np.repeat(index[:, None], 6, axis=1).astype(np.float16), index >= 0
            ),
            "audio": fixed_size_list(np.ones((len(rows), 4), np.float16), has_audio),
            "label": pa.array([labels[i] for i in rows], pa.float32()),
            "split": pa.array([splits[i] for i in rows], pa.string()),
            "flags": pa.array([[] for _ in rows], pa.list_(pa.string())),
        }
        table = pa.table([{**blank, **filled}[name] for name in schema.names], schema=schema)
        parquet.write(
            files.join(folder, "embeddings", parquet.part_name(start // 7)), table, "embeddings"
        )
    return embeddings_output(folder)


def split_of_each(corpus):
    return np.concatenate([corpus.parts[name] for name in sorted(corpus.parts)]).tolist()


def test_given_splits_are_taken_and_unlabelled_rows_left_out(tmp_path):
    given = (["train", "train", "valid", "test", None] * 4)[:20]
    labels = [None if i == 0 else 1.0 for i in range(20)]
    corpus = labelled_corpus(write_embeddings(str(tmp_path), given, labels))
    assert split_of_each(corpus) == [-1, 0, 1, 2, -1] + [0, 0, 1, 2, -1] * 3
    assert corpus.counts == {"train": 7, "valid": 4, "test": 4}
    assert corpus.rule == "as given"


def test_fewer_train_rows_are_a_subset_of_more(tmp_path):
    whole = labelled_corpus(write_embeddings(str(tmp_path), ["train"] * 30 + ["valid", "test"] * 3))
    kept = {}
    for rows in (5, 12, 30):
        corpus = with_train_rows(whole, rows)
        assert corpus.counts == {"train": rows, "valid": 3, "test": 3}
        kept[rows] = set(utterance_ids(corpus, "train"))
    assert kept[5] < kept[12] < kept[30]
    with pytest.raises(SettingsError, match="`train_rows` 31: expected at most the 30 labelled"):
        with_train_rows(whole, 31)


def test_a_corpus_without_its_test_rows(tmp_path):
    whole = labelled_corpus(write_embeddings(str(tmp_path), ["train", "valid", "test"] * 9))
    corpus = without_test(whole)
    assert corpus.counts == {"train": 9, "valid": 9, "test": 0}
    assert whole.counts["test"] == 9
    rows = load_rows(corpus, SHAPES)
    assert len(rows["test"].labels) == 0
    for split in ("train", "valid"):
        assert utterance_ids(corpus, split) == utterance_ids(whole, split)


def test_without_splits_recordings_are_split_and_never_cut_in_two(tmp_path):
    corpus = labelled_corpus(write_embeddings(str(tmp_path), [None] * 400))
    each = split_of_each(corpus)
    assert all(each[i] == each[i + 1] for i in range(0, 400, 2))
    assert 280 <= corpus.counts["train"] <= 350
    assert min(corpus.counts.values()) >= 20


def test_validation_comes_from_train_where_there_is_none(tmp_path):
    corpus = labelled_corpus(write_embeddings(str(tmp_path), ["train"] * 300 + ["test"] * 20))
    assert corpus.counts["test"] == 20
    assert 10 <= corpus.counts["valid"] <= 60


def test_nothing_to_train_on_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="expected labelled train rows"):
        labelled_corpus(write_embeddings(str(tmp_path), ["train"] * 9, [None] * 9))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_share_the_rows_in_turn(tmp_path, workers):
    source = write_embeddings(str(tmp_path), ["train", "valid"] * 15)
    corpus = labelled_corpus(source)
    whole = load_rows(corpus, SHAPES, 0, 1)
    for rank in range(workers):
        own = load_rows(corpus, SHAPES, rank, workers)
        for split in ("train", "valid"):
            for column in SHAPES:
                torch.testing.assert_close(
                    own[split].values[column], whole[split].values[column][rank::workers]
                )
            torch.testing.assert_close(own[split].present, whole[split].present[rank::workers])
            torch.testing.assert_close(own[split].labels, whole[split].labels[rank::workers])
    assert len(whole["test"].labels) == 0
    absent = ~whole["train"].present[:, MODALITIES.index("audio")]
    assert absent.any()
    assert (whole["train"].values["audio"][absent] == 0).all()


def test_rows_without_any_of_the_columns_go_to_no_worker(tmp_path):
    """They are left out before the rows are shared out."""
    source = write_embeddings(str(tmp_path), ["train", "valid"] * 15)
    columns, corpus = {"audio": SHAPES["audio"]}, labelled_corpus(source)
    whole = load_rows(corpus, columns, 0, 1)["train"]
    assert len(whole.labels) == 10
    for rank in (0, 1):
        own = load_rows(corpus, columns, rank, 2)["train"]
        torch.testing.assert_close(own.labels, whole.labels[rank::2])


def test_where_a_corpus_names_splits_none_is_made(tmp_path, caplog):
    """Test rows are not trained on, whatever is missing."""
    with pytest.raises(
        SettingsError, match=r"expected labelled train rows, .* found 30 of test; name the rows"
    ):
        labelled_corpus(write_embeddings(str(tmp_path / "1"), ["test"] * 30))
    given = ["test"] * 20 + ["valid"] * 6 + [None] * 20
    with pytest.raises(SettingsError, match="found 20 of no split and 20 of test and 6 of valid"):
        labelled_corpus(write_embeddings(str(tmp_path / "2"), given))
    labels = [1.0] * 20 + [None] * 10
    given = [None] * 20 + ["train"] * 10
    with pytest.raises(SettingsError, match="found 20 of no split;"):
        labelled_corpus(write_embeddings(str(tmp_path / "3"), given, labels))
    caplog.set_level("INFO", "daf_core")
    caplog.clear()  # of what was said above, where the level was lower before
    corpus = labelled_corpus(
        write_embeddings(str(tmp_path / "4"), ["train", "valid", None, "test"] * 5)
    )
    assert corpus.counts == {"train": 5, "valid": 5, "test": 5}
    assert sum("5 labelled rows have no split" in message for message in caplog.messages) == 1


def test_recordings_that_are_in_several_splits_are_told(caplog):
    """As MELD's dialogues are, whose numbers start again in each split."""
    rows = [
        ("0", "train"),
        ("0", "test"),
        ("1", "train"),
        ("2", "test"),
        ("2", None),
        ("3", "valid"),
    ]
    table = pa.table(
        {
            "recording_id": [recording for recording, _ in rows],
            "split": [split for _, split in rows],
            "label": [1.0] * len(rows),
        }
    )
    caplog.set_level("INFO", "daf_core")
    caplog.clear()
    labelled_splits("here", [table])
    told = [message for message in caplog.messages if "more than one split" in message]
    assert [message.partition(";")[0] for message in told] == [
        "here: 1 of 4 recordings, such as 0, have rows in more than one split"
    ]
    caplog.clear()
    labelled_splits("here", [table.slice(1)])
    assert not [message for message in caplog.messages if "more than one split" in message]


@given(
    splits=st.lists(st.sampled_from(["train", "valid", "test", None]), min_size=1, max_size=40),
    labelled=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_a_row_is_used_as_it_is_named_or_not_at_all(splits, labelled):
    table = pa.table(
        {
            "recording_id": [f"r{number // 2}" for number in range(len(splits))],
            "label": pa.array([1.0 if has else None for has in labelled[: len(splits)]]),
            "split": pa.array(splits, pa.string()),
        }
    )
    try:
        (found,), _ = labelled_splits("here", [table.slice(0)])
    except SettingsError:
        return
    if any(splits):
        for name, index, has in zip(splits, found, labelled, strict=False):
            as_named = UNUSED if name is None else SPLITS.index(name)
            may_be = {as_named, SPLITS.index("valid")} if name == "train" else {as_named}
            assert index in (may_be if has else {UNUSED})


def test_one_recording_cannot_be_split(tmp_path):
    labels = [1.0, -1.0] + [None] * 18
    source = write_embeddings(str(tmp_path), [None] * 20, labels)
    with pytest.raises(SettingsError, match=r"all 2 labelled rows are of 1 recording,.*column spl"):
        labelled_corpus(source)


def test_what_a_corpus_holds_out_does_not_join_it_from_another(tmp_path, caplog):
    corpus = labelled_corpus(
        write_embeddings(str(tmp_path / "1"), ["train", "valid", "test", "train"] * 5)
    )
    copy = labelled_corpus(write_embeddings(str(tmp_path / "2"), ["train"] * 20 + ["valid"] * 2))
    caplog.set_level("INFO", "daf_core")
    joining = without_held_out(copy, corpus)
    assert joining.counts == {"train": 10, "valid": 2, "test": 0}
    assert set(utterance_ids(joining, "train")) == set(utterance_ids(corpus, "train"))
    assert "10 train rows are not used, as validation or test rows of" in caplog.text
    assert without_held_out(corpus, corpus).counts == corpus.counts
