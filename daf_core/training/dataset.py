"""Labelled rows of embeddings, by split, shared out to workers."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from daf_core.embeddings.arrays import column_values, columns_for
from daf_core.embeddings.columns import Column, ColumnShapes
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS
from daf_core.storage.output import Output
from daf_core.training.rows import Rows
from daf_core.training.split_rule import TEST_FROM, VALID_FROM, percent

UNUSED = -1


@dataclass(frozen=True)
class Corpus:
    """Labelled rows of embeddings, each in a split.

    parts: name of a part → (rows,) index into SPLITS, or UNUSED.
    rule: where the splits come from, in words.
    """

    source: Output
    parts: dict[str, npt.NDArray[np.int8]]
    rule: str

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows of each split."""
        splits = np.concatenate(list(self.parts.values()))
        return {split: int((splits == index).sum()) for index, split in enumerate(SPLITS)}


def labelled_corpus(source: Output) -> Corpus:
    """The labelled rows of embeddings, in their own splits or split by recording.

    Without any train rows, 80 / 10 / 10 % of the recordings train, validate and test. With train
    rows but no validation rows, 10 % of the train recordings validate. Splits that are made here
    never divide a recording.

    Raises:
        SettingsError: no labelled rows to train or to validate on.
    """
    names = source.part_names()
    tables = [source.read(name, ["recording_id", "label", "split"]) for name in names]
    labelled = [table["label"].is_valid().to_numpy() for table in tables]
    splits = [_split_indices(table["split"].to_pylist()) for table in tables]
    percents = [percent(table["recording_id"].to_pylist()) for table in tables]
    rule = "as given"
    if not _has(splits, labelled, "train"):
        rule = "80 / 10 / 10 % of recordings"
        splits = [_split_by(number) for number in percents]
    elif not _has(splits, labelled, "valid"):
        rule = "as given, valid from 10 % of the train recordings"
        splits = [
            np.where((split == 0) & (number < 10), 1, split)
            for split, number in zip(splits, percents, strict=True)
        ]
    for name in ("train", "valid"):
        if not _has(splits, labelled, name):
            raise SettingsError(
                f"{source.root}: expected labelled {name} rows, found none; ingest the corpus "
                f"again with labels: for a folder `labels` TABLE, for a table a column label or "
                f"`rename` THEIRS=label; and with a column split, if it has splits"
            )
    used = [np.where(has, split, UNUSED) for has, split in zip(labelled, splits, strict=True)]
    return Corpus(source, dict(zip(names, used, strict=True)), rule)


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
        table = corpus.source.read(name, [*columns_for(shapes), "label"])
        values, present = column_values(table, shapes)
        labels = table["label"].to_numpy()
        for number, split in enumerate(SPLITS):
            rows = np.flatnonzero((index == number) & present.any(axis=1))
            own = rows[(np.arange(len(rows)) + seen[split]) % workers == rank]
            seen[split] += len(rows)
            own_values = {column: value[own] for column, value in values.items()}
            pieces[split].append(_Piece(own_values, present[own], labels[own]))
    return {split: _rows(of_split, shapes) for split, of_split in pieces.items()}


def utterance_ids(corpus: Corpus, split: str) -> list[str]:
    """The ids of a split's rows, in the order of `load_rows` with all columns on one worker."""
    number, found = SPLITS.index(split), []
    for name, index in corpus.parts.items():
        ids = corpus.source.read(name, ["utterance_id"])["utterance_id"]
        found += ids.filter(pa.array(index == number)).to_pylist()
    return found


@dataclass(frozen=True)
class _Piece:
    values: dict[str, npt.NDArray[np.float16]]
    present: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.float32]


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
    return Rows(values, torch.from_numpy(present), torch.from_numpy(labels))


def _rows_of(splits: npt.NDArray[np.int8], split: int) -> list[int]:
    return [int(row) for row in np.flatnonzero(splits == split)]


def _split_indices(names: list[str | None]) -> npt.NDArray[np.int8]:
    return np.array([UNUSED if name is None else SPLITS.index(name) for name in names], np.int8)


def _split_by(percents: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    return np.select([percents < VALID_FROM, percents < TEST_FROM], [0, 1], 2).astype(np.int8)


def _has(
    splits: list[npt.NDArray[np.int8]], labelled: list[npt.NDArray[np.bool_]], name: str
) -> bool:
    number = SPLITS.index(name)
    return any(((s == number) & has).any() for s, has in zip(splits, labelled, strict=True))
