"""Grouped folds: the train rows divided so that each fold leaves out whole recordings or speakers.

Two validation speakers say little about a third, and a few hundred rows calibrate only roughly.
Heads that are each trained without some of the recordings or speakers calibrate on all train rows,
as on unseen groups (cross-conformal prediction: Vovk 2015, Annals of Mathematics and Artificial
Intelligence 74; groups left out whole: Dunn, Wasserman and Ramdas 2023, Journal of the American
Statistical Association 118).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import SettingsError
from daf_core.training.dataset import Corpus
from daf_core.training.recipe import Groups
from daf_core.training.splits import TEST, TRAIN, UNUSED

FOLDS = 5


def group_folds(
    corpus: Corpus, also: Sequence[Corpus], groups: Groups
) -> list[tuple[Corpus, list[Corpus]]]:
    """FOLDS versions of the corpus, and of the corpora that join it in training.

    In each version every FOLDS-th recording or speaker of the train rows is the test split, and
    the corpus's own test rows are unused. Train rows of `also` that belong to a group left out, as
    in damaged copies of the corpus, are unused too. The group of a row without a speaker is its
    recording, and so is that of a row of `also` whose speaker the corpus does not know: the same
    person may have another name there. Train rows whose group is a recording of the test split are
    unused too, as they may hold the same words.

    Raises:
        SettingsError: the train rows have fewer than FOLDS groups.
    """
    own_groups = _group_of_rows(corpus, groups)
    of_train = [
        own_groups[part].filter(pa.array(splits == TRAIN)) for part, splits in corpus.parts.items()
    ]
    known = pa.chunked_array(of_train, pa.string()).unique()
    names = sorted(known.to_pylist())
    also_groups = [_group_of_rows(other, groups, known) for other in also]
    if len(names) < FOLDS:
        raise SettingsError(
            f"`calibrate_for` {groups}: expected {FOLDS} {groups} or more among the train rows of "
            f"{corpus.source.root}, found {len(names)}"
        )
    parts = {
        part: np.where(splits == TEST, UNUSED, splits).astype(np.int8)
        for part, splits in corpus.parts.items()
    }
    without_test = replace(corpus, parts=parts)
    folds = []
    for fold in range(FOLDS):
        left_out = pa.array(names[fold::FOLDS])
        tested = _moved(without_test, own_groups, left_out, TEST)
        unused = pa.concat_arrays([left_out, _recordings_of_test_rows(tested)])
        joining = [
            _moved(other, other_groups, unused, UNUSED)
            for other, other_groups in zip(also, also_groups, strict=True)
        ]
        folds.append((_moved(tested, own_groups, unused, UNUSED), joining))
    return folds


def _moved(
    corpus: Corpus, group_of_rows: dict[str, pa.ChunkedArray], left_out: pa.Array, split: int
) -> Corpus:
    """The corpus with the train rows of the groups that are left out moved to another split."""
    parts: dict[str, npt.NDArray[np.int8]] = {}
    for part, splits in corpus.parts.items():
        moved = (splits == TRAIN) & pc.is_in(group_of_rows[part], left_out).to_numpy()
        parts[part] = np.where(moved, split, splits).astype(np.int8)
    return replace(corpus, parts=parts)


def _recordings_of_test_rows(corpus: Corpus) -> pa.Array:
    """The recordings that any test row is of."""
    of_test = [
        corpus.source.read(part, ["recording_id"])["recording_id"].filter(pa.array(splits == TEST))
        for part, splits in corpus.parts.items()
    ]
    return pa.chunked_array(of_test, pa.string()).unique()


def _group_of_rows(
    corpus: Corpus, groups: Groups, known: pa.Array | None = None
) -> dict[str, pa.ChunkedArray]:
    """The recording or speaker of each row of each part. known: the speakers that count as one;
    None: all.
    """
    found = {}
    for part in corpus.parts:
        rows = corpus.source.read(part, ["recording_id", "speaker"])
        recordings, speakers = rows["recording_id"], rows["speaker"]
        if known is not None:
            speakers = pc.if_else(pc.is_in(speakers, known), speakers, None)
        found[part] = recordings if groups == "recordings" else pc.coalesce(speakers, recordings)
    return found
