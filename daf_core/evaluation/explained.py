"""How a trained head does on labelled rows that it did not learn from, and how it uses them."""

import numpy as np

from daf_core.arrays import BoolArray
from daf_core.embeddings.arrays import column_values, columns_for
from daf_core.embeddings.columns import ColumnShapes
from daf_core.errors import SettingsError
from daf_core.evaluation.sentiment_trial import tested
from daf_core.evaluation.trial import TrialFacts, TrialResult
from daf_core.schemas import SPLITS
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import Output
from daf_core.training.dataset import Corpus, labelled_corpus, load_rows, utterance_ids
from daf_core.training.splits import TEST, UNUSED

EVERY = "all"  # the rows of any split, or of none


def explained(head: TrainedHead, name: str, source: Output, split: str) -> TrialResult:
    """The result of a trained head on the labelled rows of one split of embeddings, or of EVERY.

    Offsets that `daf adapt` gave the head are left out: what is explained is its network.

    Args:
        name: what tables call the head.

    Raises:
        SettingsError: fewer than two such rows that the head can read.
    """
    of_split = {} if split == EVERY else _of_split(source, split)
    parts = {}
    for part in source.part_names():
        chosen = _readable(head.shapes, source, part) & of_split.get(part, True)
        parts[part] = np.where(chosen, TEST, UNUSED).astype(np.int8)
    corpus = Corpus(source, parts, split)
    test = load_rows(corpus, head.shapes)["test"]
    if len(test.labels) < 2:
        raise SettingsError(
            f"{source.root}: expected two labelled rows or more of `split` {split}, found "
            f"{len(test.labels)}; `split` {EVERY} takes every labelled row"
        )
    ids = utterance_ids(corpus, "test")
    rows, metrics = tested(head.module, head.shapes, head.calibrations, ids, test, seed=0)
    facts = TrialFacts(
        head=name,
        seed=0,
        test=metrics,
        valid={},
        three_classes=bool(np.isin(test.labels.numpy(), (-1, 0, 1)).all()),
        parameters=sum(one.numel() for one in head.module.parameters()),
        seconds=0.0,
        best_epoch=0,
        history=[],
    )
    return TrialResult(rows, facts)


def _readable(shapes: ColumnShapes, source: Output, part: str) -> BoolArray:
    """(rows,) which rows of a part have a label and a column that the head reads."""
    table = source.read(part, [*columns_for(shapes), "label"])
    _, present = column_values(table, shapes)
    found: BoolArray = table["label"].is_valid().to_numpy() & present.any(axis=1)
    return found


def _of_split(source: Output, split: str) -> dict[str, BoolArray]:
    """(rows,) of each part, which rows are of the split: those that name it; where none does, those
    that a training would take for it.
    """
    named = {part: source.read(part, ["split"])["split"] for part in source.part_names()}
    names = {name for column in named.values() for name in column.unique().to_pylist()} - {None}
    if split in names or (names and "train" not in names):
        return {
            part: np.array([one == split for one in column.to_pylist()], bool)
            for part, column in named.items()
        }
    number = SPLITS.index(split)
    return {part: index == number for part, index in labelled_corpus(source).parts.items()}
