"""Labelled rows as if their recordings, or their speakers, had never been heard.

How far a head is to be believed, validation rows of two speakers do not say of a third, and a few
hundred rows say it roughly. Heads that are each trained without some of the recordings or speakers
say it of all train rows (cross-conformal prediction: Vovk 2015, Annals of Mathematics and
Artificial Intelligence 74; groups left out whole: Dunn, Wasserman and Ramdas 2023, Journal of the
American Statistical Association 118).
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core import tables
from daf_core.errors import SettingsError
from daf_core.schemas import SPLITS
from daf_core.training.dataset import UNUSED, Corpus
from daf_core.training.recipe import Unheard

FOLDS = 5


def left_out(corpus: Corpus, unheard: Unheard) -> list[Corpus]:
    """The corpus FOLDS times: each time every FOLDS-th recording or speaker of the train rows is
    not trained on but tested, and what was to be tested is not used.

    Rows without a speaker go by their recording.

    Raises:
        SettingsError: there are too few of them.
    """
    train, test = SPLITS.index("train"), SPLITS.index("test")
    whose = {name: _whose(corpus, name, unheard) for name in corpus.parts}
    trained = [whose[name].filter(pa.array(used == train)) for name, used in corpus.parts.items()]
    names = sorted(pa.chunked_array(trained, pa.string()).unique().to_pylist())
    if len(names) < FOLDS:
        raise SettingsError(
            f"--unheard {unheard}: expected {FOLDS} {unheard} or more among the train rows of "
            f"{corpus.source.root}, found {len(names)}"
        )
    found = []
    for fold in range(FOLDS):
        out = pa.array(names[fold::FOLDS])
        parts = {}
        for name, used in corpus.parts.items():
            kept: npt.NDArray[np.int8] = np.where(used == test, UNUSED, used).astype(np.int8)
            kept[(used == train) & pc.is_in(whose[name], out).to_numpy()] = test
            parts[name] = kept
        found.append(replace(corpus, parts=parts))
    return found


def _whose(corpus: Corpus, name: str, unheard: Unheard) -> pa.ChunkedArray:
    """The recording or speaker of each row of a part."""
    uri = tables.join(corpus.source.parts_uri, name)
    rows = tables.read(uri, corpus.source.kind, ["recording_id", "speaker"])[0]
    if unheard == "recordings":
        return rows["recording_id"]
    return pc.coalesce(rows["speaker"], rows["recording_id"])
