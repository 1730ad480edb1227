"""Labelled rows of embeddings, by split, shared out to workers."""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from daf_core.decimals import number_of
from daf_core.embeddings.arrays import column_values, columns_for
from daf_core.embeddings.columns import Column, ColumnShapes
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS, STRANGE, primary_language
from daf_core.storage.output import Output
from daf_core.training.classes import Classes
from daf_core.training.rows import Rows
from daf_core.training.splits import TEST, TRAIN, UNUSED, VALID, labelled_splits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Corpus:
    """Labelled rows of embeddings, each in a split.

    parts: name of a part → (rows,) index into SPLITS, or UNUSED.
    rule: where the splits come from, in words.
    classes: what the labels are in place of sentiment (`class_corpora`); None of sentiment.
    """

    source: Output
    parts: dict[str, npt.NDArray[np.int8]]
    rule: str
    classes: Classes | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows of each split."""
        splits = np.concatenate(list(self.parts.values()))
        return {split: int((splits == index).sum()) for index, split in enumerate(SPLITS)}


def labelled_corpus(source: Output) -> Corpus:
    """The labelled rows of embeddings, in their own splits or split by recording.

    `labelled_splits` says which; where the corpus names splits, none is made.

    Raises:
        SettingsError: no labelled rows to train or to validate on.
    """
    names = source.part_names()
    tables = [source.read(name, ["recording_id", "label", "split"]) for name in names]
    splits, rule = labelled_splits(source.root, tables)
    return Corpus(source, dict(zip(names, splits, strict=True)), rule)


def without_held_out(also: Corpus, corpus: Corpus) -> Corpus:
    """The corpus `also`, which joins `corpus` in training, without the rows that `corpus` keeps to
    validate and to test: they would be trained on, if the two have other splits. Rows are the same
    if their recording_id and utterance_id are. How many are left out is logged.
    """
    held_out = {
        key
        for name, splits in corpus.parts.items()
        for key, split in zip(_keys(corpus, name), splits, strict=True)
        if split in (VALID, TEST)
    }
    parts, left_out = {}, 0
    for name, splits in also.parts.items():
        same = np.array([key in held_out for key in _keys(also, name)], bool) & (splits == TRAIN)
        parts[name] = np.where(same, UNUSED, splits).astype(np.int8)
        left_out += int(same.sum())
    if not left_out:
        return also
    log.info(
        "%s: %s not used, as validation or test rows of %s",
        also.source.root,
        number_of(left_out, "train row is", "train rows are"),
        corpus.source.root,
    )
    return replace(also, parts=parts)


def _keys(corpus: Corpus, part: str) -> list[tuple[str, str]]:
    rows = corpus.source.read(part, ["recording_id", "utterance_id"])
    return list(
        zip(rows["recording_id"].to_pylist(), rows["utterance_id"].to_pylist(), strict=True)
    )


def with_train_rows(corpus: Corpus, rows: int) -> Corpus:
    """The corpus with the first `rows` train rows of a fixed shuffle; fewer rows are a subset of
    more rows.

    Raises:
        SettingsError: the corpus has fewer train rows.
    """
    train = SPLITS.index("train")
    places = [(name, row) for name, split in corpus.parts.items() for row in _rows_of(split, train)]
    if rows > len(places):
        raise SettingsError(
            f"`train_rows` {rows}: expected at most the {len(places)} labelled train rows of "
            f"{corpus.source.root}"
        )
    parts = {name: split.copy() for name, split in corpus.parts.items()}
    for unused in np.random.default_rng(0).permutation(len(places))[rows:]:
        name, row = places[unused]
        parts[name][row] = UNUSED
    return replace(corpus, parts=parts)


def without_test(corpus: Corpus) -> Corpus:
    """The corpus without its test rows, for a search that must not see them."""
    test = SPLITS.index("test")
    parts = {name: np.where(index == test, UNUSED, index) for name, index in corpus.parts.items()}
    return replace(corpus, parts=parts)


def load_rows(
    corpus: Corpus, shapes: ColumnShapes, rank: int = 0, workers: int = 1
) -> dict[str, Rows]:
    """This worker's rows of each split: every `workers`-th row, in the order of parts, from `rank`.

    Rows without any column of `shapes` are left out before the rows are shared out.
    """
    pieces: dict[str, list[_Piece]] = {split: [] for split in SPLITS}
    seen = dict.fromkeys(SPLITS, 0)
    for name, index in corpus.parts.items():
        label = "label" if corpus.classes is None else "meta"
        table = corpus.source.read(name, [*columns_for(shapes), label, "recording_id"])
        values, present = column_values(table, shapes)
        labels = _labels(table, corpus.classes)
        recordings = _numbers(table["recording_id"])
        for number, split in enumerate(SPLITS):
            rows = np.flatnonzero((index == number) & present.any(axis=1))
            own = rows[(np.arange(len(rows)) + seen[split]) % workers == rank]
            seen[split] += len(rows)
            own_values = {column: value[own] for column, value in values.items()}
            pieces[split].append(_Piece(own_values, present[own], labels[own], recordings[own]))
    return {split: _rows(of_split, shapes) for split, of_split in pieces.items()}


def load_strange(
    corpus: Corpus, shapes: ColumnShapes, rank: int = 0, workers: int = 1
) -> Rows | None:
    """This worker's rows of the split STRANGE, labelled or not; None if no worker has any."""
    pieces, seen = [], 0
    for name in corpus.parts:
        split = corpus.source.read(name, ["split"])["split"].to_pylist()
        rows = np.array([row for row, one in enumerate(split) if one == STRANGE], np.int64)
        if not len(rows):
            continue
        table = corpus.source.read(name, columns_for(shapes)).take(rows)
        values, present = column_values(table, shapes)
        own = (np.arange(len(rows)) + seen) % workers == rank
        seen += len(rows)
        own_values = {column: value[own] for column, value in values.items()}
        nothing = np.zeros(int(own.sum()))
        pieces.append(
            _Piece(own_values, present[own], nothing.astype(np.float32), nothing.astype(np.int64))
        )
    return _rows(pieces, shapes) if pieces else None


def languages_of(corpora: Sequence[Corpus]) -> list[str]:
    """The languages, such as "en", of 1 % or more of the train rows whose language is known."""
    counts: Counter[str] = Counter()
    for corpus in corpora:
        for name, index in corpus.parts.items():
            found = corpus.source.read(name, ["language"])["language"]
            of_train = found.filter(pa.array(index == TRAIN)).drop_null()
            counts.update(map(primary_language, of_train.to_pylist()))
    return sorted(name for name, count in counts.items() if 100 * count >= counts.total())


def utterance_ids(corpus: Corpus, split: str) -> list[str]:
    """The ids of a split's rows, in the order of `load_rows` with all columns on one worker."""
    number, found = SPLITS.index(split), []
    for name, index in corpus.parts.items():
        ids = corpus.source.read(name, ["utterance_id"])["utterance_id"]
        found += ids.filter(pa.array(index == number)).to_pylist()
    return found


def class_values(table: pa.Table, column: str) -> list[str | None]:
    """The values that rows have in a column of `meta`, without space around them; None: none."""
    values: list[str | None] = pc.map_lookup(table["meta"], pa.scalar(column), "first").to_pylist()
    return [(one or "").strip() or None for one in values]


def _labels(
    table: pa.Table, classes: Classes | None
) -> npt.NDArray[np.float32] | npt.NDArray[np.int64]:
    """(rows,) sentiments, NaN where there are none; or numbers of classes."""
    if classes is None:
        sentiments: npt.NDArray[np.float32] = table["label"].to_numpy()
        return sentiments
    return np.array(classes.numbers(class_values(table, classes.column)), np.int64)


@dataclass(frozen=True)
class _Piece:
    values: dict[str, npt.NDArray[np.float16]]
    present: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.float32] | npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]


def _numbers(ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """(rows,) a number for each id, the same in every part and on every worker."""
    names = ids.combine_chunks().dictionary_encode()
    digests = (hashlib.sha256(one.encode()).digest() for one in names.dictionary.to_pylist())
    numbers = np.array([int.from_bytes(one[:8], "big", signed=True) for one in digests], np.int64)
    of_rows: npt.NDArray[np.int64] = numbers[names.indices.to_numpy()]
    return of_rows


def _rows(pieces: list[_Piece], shapes: ColumnShapes) -> Rows:
    present = np.concatenate([piece.present for piece in pieces])
    values = {}
    for column, shape in shapes.items():
        if present[:, Column.from_name(column).modality_index].any():
            whole = np.concatenate([piece.values[column] for piece in pieces])
            values[column] = torch.from_numpy(whole)
        else:  # no row has the modality: one zero stands for all values, without their memory
            values[column] = torch.zeros(1, 1, 1, dtype=torch.half).expand(len(present), *shape)
    labels = np.concatenate([piece.labels for piece in pieces])
    recordings = np.concatenate([piece.recordings for piece in pieces])
    return Rows(
        values,
        torch.from_numpy(present),
        torch.from_numpy(labels),
        recordings=torch.from_numpy(recordings),
    )


def _rows_of(splits: npt.NDArray[np.int8], split: int) -> list[int]:
    return [int(row) for row in np.flatnonzero(splits == split)]
