"""Labelled rows as if their recordings, or their speakers, had never been heard.

How far a head is to be believed, validation rows of two speakers do not say of a third, and a few
hundred rows say it roughly. Heads that are each trained without some of the recordings or speakers
say it of all train rows (cross-conformal prediction: Vovk 2015, Annals of Mathematics and
Artificial Intelligence 74; groups left out whole: Dunn, Wasserman and Ramdas 2023, Journal of the
American Statistical Association 118).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS
from daf_core.training.dataset import UNUSED, Corpus
from daf_core.training.recipe import Groups

FOLDS = 5
TRAIN, TEST = SPLITS.index("train"), SPLITS.index("test")


def group_folds(
    corpus: Corpus, also: Sequence[Corpus], groups: Groups
) -> list[tuple[Corpus, list[Corpus]]]:
    """The corpus FOLDS times: each time every FOLDS-th recording or speaker of the train rows is
    not trained on but tested, and what was to be tested is not used. Beside it the rows that join
    in training, without those of the same names, as damaged copies of a corpus have.

    Rows without a speaker go by their recording.

    Raises:
        SettingsError: there are too few of them.
    """
    whose = _whose(corpus, groups)
    theirs = [_whose(other, groups) for other in also]
    trained = [whose[part].filter(pa.array(used == TRAIN)) for part, used in corpus.parts.items()]
    names = sorted(pa.chunked_array(trained, pa.string()).unique().to_pylist())
    if len(names) < FOLDS:
        raise SettingsError(
            f"`calibrate_for` {groups}: expected {FOLDS} {groups} or more among the train rows of "
            f"{corpus.source.root}, found {len(names)}"
        )
    used = {part: np.where(split == TEST, UNUSED, split) for part, split in corpus.parts.items()}
    unused = replace(corpus, parts={part: one.astype(np.int8) for part, one in used.items()})
    found = []
    for fold in range(FOLDS):
        out = pa.array(names[fold::FOLDS])
        joining = [
            _moved(other, names, out, UNUSED) for other, names in zip(also, theirs, strict=True)
        ]
        found.append((_moved(unused, whose, out, TEST), joining))
    return found


def _moved(corpus: Corpus, whose: dict[str, pa.ChunkedArray], out: pa.Array, to: int) -> Corpus:
    """The corpus with the train rows of those in `out` in another split."""
    parts: dict[str, npt.NDArray[np.int8]] = {}
    for part, split in corpus.parts.items():
        moved = (split == TRAIN) & pc.is_in(whose[part], out).to_numpy()
        parts[part] = np.where(moved, to, split).astype(np.int8)
    return replace(corpus, parts=parts)


def _whose(corpus: Corpus, groups: Groups) -> dict[str, pa.ChunkedArray]:
    """The recording or speaker of each row of each part."""
    found = {}
    for part in corpus.parts:
        rows = corpus.source.read(part, ["recording_id", "speaker"])
        speakers = pc.coalesce(rows["speaker"], rows["recording_id"])
        found[part] = rows["recording_id"] if groups == "recordings" else speakers
    return found
