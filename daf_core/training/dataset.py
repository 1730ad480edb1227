"""Labelled rows of an embeddings folder, by split, each worker its share."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from daf_core.embeddings.arrays import column_values, columns_for
from daf_core.embeddings.columns import ColumnShapes, modality_number
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS
from daf_core.storage.output import Output
from daf_core.training.rows import Rows
from daf_core.training.split_rule import TEST_FROM, VALID_FROM, percent

UNUSED = -1


@dataclass(frozen=True)
class Corpus:
    """Labelled rows of embeddings, and the split that each is in.

    parts: part → (rows,) index into SPLITS, or UNUSED; rule: where the splits come from.
    """

    source: Output
    parts: dict[str, npt.NDArray[np.int8]]
    rule: str

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each split."""
        every = np.concatenate(list(self.parts.values()))
        return {split: int((every == index).sum()) for index, split in enumerate(SPLITS)}


def labelled_corpus(source: Output) -> Corpus:
    """Take the corpus's own splits; where it has none, split by recording.

    Without any split, 80 / 10 / 10 % of the recordings train, validate and test; a corpus with
    train rows but no valid ones gives 10 % of its train recordings to validation. No recording is
    in two splits that are made here.

    Raises:
        SettingsError: no labelled rows to train or to validate on.
    """
    names = source.part_names()
    read = [source.read(name, ["recording_id", "label", "split"]) for name in names]
    labelled = [table["label"].is_valid().to_numpy() for table in read]
    given = [_split_indices(table["split"].to_pylist()) for table in read]
    numbers = [percent(table["recording_id"].to_pylist()) for table in read]
    rule = "as given"
    if not _has(given, labelled, "train"):
        rule = "80 / 10 / 10 % of recordings"
        given = [_split_by(number) for number in numbers]
    elif not _has(given, labelled, "valid"):
        rule = "as given, valid from 10 % of the train recordings"
        given = [np.where((g == 0) & (p < 10), 1, g) for g, p in zip(given, numbers, strict=True)]
    for split in ("train", "valid"):
        if not _has(given, labelled, split):
            raise SettingsError(
                f"{source.root}: expected labelled {split} rows, found none; "
                f"give the corpus labels (and splits) at `daf ingest`: a column label, or with "
                f"--rename THEIRS=label another one"
            )
    used = [np.where(one, g, UNUSED) for one, g in zip(labelled, given, strict=True)]
    return Corpus(source, dict(zip(names, used, strict=True)), rule)


def with_train_rows(corpus: Corpus, rows: int) -> Corpus:
    """The corpus with only so many of its train rows, drawn at random but always the same ones;
    fewer are among more.

    Raises:
        SettingsError: it has not so many.
    """
    train = SPLITS.index("train")
    places = [(name, row) for name, index in corpus.parts.items() for row in _rows_of(index, train)]
    if rows > len(places):
        raise SettingsError(
            f"--train-rows {rows}: expected at most the {len(places)} labelled train rows of "
            f"{corpus.source.root}"
        )
    parts = {name: index.copy() for name, index in corpus.parts.items()}
    for unused in np.random.default_rng(0).permutation(len(places))[rows:]:
        name, row = places[unused]
        parts[name][row] = UNUSED
    return replace(corpus, parts=parts)


def without_test(corpus: Corpus) -> Corpus:
    """The corpus with no test rows, for what must not see them."""
    test = SPLITS.index("test")
    parts = {name: np.where(index == test, UNUSED, index) for name, index in corpus.parts.items()}
    return replace(corpus, parts=parts)


def load_rows(
    corpus: Corpus, shapes: ColumnShapes, rank: int = 0, workers: int = 1
) -> dict[str, Rows]:
    """This worker's rows of each split: of the rows of a split in part order, every N-th.

    Rows without any column of `shapes` do not count.
    """
    kept: dict[str, list[_Piece]] = {split: [] for split in SPLITS}
    seen = dict.fromkeys(SPLITS, 0)
    for name, index in corpus.parts.items():
        table = corpus.source.read(name, [*columns_for(shapes), "label"])
        values, present = column_values(table, shapes)
        labels = table["label"].to_numpy()
        for number, split in enumerate(SPLITS):
            rows = np.flatnonzero((index == number) & present.any(axis=1))
            own = rows[(np.arange(len(rows)) + seen[split]) % workers == rank]
            seen[split] += len(rows)
            mine = {column: value[own] for column, value in values.items()}
            kept[split].append(_Piece(mine, present[own], labels[own]))
    return {split: _rows(pieces, shapes) for split, pieces in kept.items()}


def utterance_ids(corpus: Corpus, split: str) -> list[str]:
    """Of the rows of a split, in the order of `load_rows` with all columns."""
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
        if present[:, modality_number(column)].any():
            whole = np.concatenate([piece.values[column] for piece in pieces])
            values[column] = torch.from_numpy(whole)
        else:  # as of text without any audio: no memory for what nobody has
            values[column] = torch.zeros(1, 1, 1, dtype=torch.half).expand(len(present), *shape)
    labels = np.concatenate([piece.labels for piece in pieces])
    return Rows(values, torch.from_numpy(present), torch.from_numpy(labels))


def _rows_of(index: npt.NDArray[np.int8], split: int) -> list[int]:
    return [int(row) for row in np.flatnonzero(index == split)]


def _split_indices(names: list[str | None]) -> npt.NDArray[np.int8]:
    return np.array([UNUSED if name is None else SPLITS.index(name) for name in names], np.int8)


def _split_by(number: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    return np.select([number < VALID_FROM, number < TEST_FROM], [0, 1], 2).astype(np.int8)


def _has(
    given: list[npt.NDArray[np.int8]], labelled: list[npt.NDArray[np.bool_]], split: str
) -> bool:
    number = SPLITS.index(split)
    return any(((g == number) & one).any() for g, one in zip(given, labelled, strict=True))
