"""The split of each labelled row: as the corpus says, or by recording where it says nothing."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS, STRANGE
from daf_core.training.split_rule import TEST_FROM, VALID_FROM, percent

log = logging.getLogger(__name__)
UNUSED = -1
FEW_RECORDINGS = 5  # to test on
TRAIN, VALID, TEST = range(3)  # index into SPLITS
SplitIndices: TypeAlias = npt.NDArray[np.int8]  # (rows,) index into SPLITS, or UNUSED


def labelled_splits(place: str, tables: Sequence[pa.Table]) -> tuple[list[SplitIndices], str]:
    """The split of each row of each table, UNUSED for rows without a label; and a rule in words.

    tables: with the columns recording_id, label and split; place: of them, for messages.

    Rows of the split STRANGE are UNUSED. Where any other row has a split, no other is made:
    labelled rows without one are UNUSED, which is logged with their number. Only validation rows,
    where there are none, are taken from 10 % of the train recordings, which are never divided.
    Where no row has a split, 80 / 10 / 10 % of the recordings train, validate and test.

    Raises:
        SettingsError: there are no rows to train or to validate on.
    """
    labelled = [table["label"].is_valid().to_numpy() for table in tables]
    if not any(has.any() for has in labelled):
        raise SettingsError(
            f"{place}: expected labelled train rows, found no labels; ingest the corpus again with "
            f"labels: for a folder `labels` TABLE, for a table a column label or `rename` "
            f"THEIRS=label; and with a column split, if it has splits"
        )
    percents = [percent(table["recording_id"].to_pylist()) for table in tables]
    named = [[None if one == STRANGE else one for one in t["split"].to_pylist()] for t in tables]
    if not any(any(names) for names in named):
        splits, rule = list(map(_by_recording, percents)), "80 / 10 / 10 % of recordings"
        used = _of_labelled(splits, labelled)
        _check_made(place, tables, used)
        _tell_made(place, tables, used)
        return used, rule
    splits = [_indices(names) for names in named]
    used, rule = _of_labelled(splits, labelled), "as given"
    _tell_unused(place, splits, labelled)
    _tell_divided(place, tables, used)
    if not _number(used, TRAIN):
        raise SettingsError(
            f"{place}: expected labelled train rows, as the corpus has splits, found "
            f"{_counted(tables)}; name the rows to train on train in the column split, and ingest "
            f"the corpus again"
        )
    if not _number(used, VALID):
        rule = "as given, valid from 10 % of the train recordings"
        used = [
            np.where((split == TRAIN) & (number < 10), VALID, split).astype(np.int8)
            for split, number in zip(used, percents, strict=True)
        ]
        _check_made(place, tables, used)
    return used, rule


def _check_made(place: str, tables: Sequence[pa.Table], splits: list[SplitIndices]) -> None:
    """Check that splits by recording have left rows to train and to validate on."""
    missing = [SPLITS[number] for number in (TRAIN, VALID) if not _number(splits, number)]
    if not missing:
        return
    used = [
        table["recording_id"].filter(pa.array(split != UNUSED))
        for table, split in zip(tables, splits, strict=True)
    ]
    recordings = len(pa.chunked_array(used, pa.string()).unique())
    labelled = sum(map(len, used))
    raise SettingsError(
        f"{place}: expected labelled {' and '.join(missing)} rows, found none: all "
        f"{number_of(labelled, 'labelled row is', 'labelled rows are')} of "
        f"{number_of(recordings, 'recording')}, and rows are split by recording; give them a "
        f"column split (train, valid, test), or add recordings, and ingest the corpus "
        f"again"
    )


def _tell_made(place: str, tables: Sequence[pa.Table], splits: list[SplitIndices]) -> None:
    """Say how many recordings each split has: rows of one say little about others."""
    counts = []
    for number in range(len(SPLITS)):
        own = [
            table["recording_id"].filter(pa.array(split == number))
            for table, split in zip(tables, splits, strict=True)
        ]
        counts.append(len(pa.chunked_array(own, pa.string()).unique()))
    few = "; so few say little about others" if counts[TEST] < FEW_RECORDINGS else ""
    log.info(
        "%s: no row has a split: %d recordings train, %d validate, %d test%s",
        place,
        *counts,
        few,
    )


def _tell_unused(
    place: str, splits: list[SplitIndices], labelled: list[npt.NDArray[np.bool_]]
) -> None:
    unused = sum(
        int(((split == UNUSED) & has).sum()) for split, has in zip(splits, labelled, strict=True)
    )
    if unused:
        log.info(
            "%s: %s no split, as others have, and cannot be used",
            place,
            number_of(unused, "labelled row has", "labelled rows have"),
        )


def _tell_divided(place: str, tables: Sequence[pa.Table], splits: list[SplitIndices]) -> None:
    """Say that rows of one recording are in several splits: they share voices, words and a mood, so
    that test rows are no news to the head.
    """
    splits_of: dict[str, set[int]] = {}
    for table, split in zip(tables, splits, strict=True):
        recordings = table["recording_id"].to_pylist()
        for recording, number in zip(recordings, split.tolist(), strict=True):
            if number != UNUSED:
                splits_of.setdefault(recording, set()).add(number)
    divided = [name for name, numbers in splits_of.items() if len(numbers) > 1]
    if divided:
        log.info(
            "%s: %d of %d recordings, such as %s, have rows in more than one split; if they are "
            "one, test rows are no news to the head, and if not, their recording_id must differ",
            place,
            len(divided),
            len(splits_of),
            divided[0],
        )


def _counted(tables: Sequence[pa.Table]) -> str:
    """How many labelled rows each split has, for a message."""
    counts: Counter[str] = Counter()
    for table in tables:
        names = table["split"].filter(pc.is_valid(table["label"])).to_pylist()
        counts.update(name or "no split" for name in names)
    return " and ".join(f"{number} of {name}" for name, number in sorted(counts.items()))


def _of_labelled(
    splits: list[SplitIndices], labelled: list[npt.NDArray[np.bool_]]
) -> list[SplitIndices]:
    pairs = zip(splits, labelled, strict=True)
    return [np.where(has, split, UNUSED).astype(np.int8) for split, has in pairs]


def _number(splits: list[SplitIndices], index: int) -> int:
    return sum(int((split == index).sum()) for split in splits)


def _indices(names: list[str | None]) -> SplitIndices:
    return np.array([UNUSED if name is None else SPLITS.index(name) for name in names], np.int8)


def _by_recording(percents: npt.NDArray[np.int64]) -> SplitIndices:
    return np.select([percents < VALID_FROM, percents < TEST_FROM], [TRAIN, VALID], TEST).astype(
        np.int8
    )
