"""How a trained head does on labelled rows that it did not learn from, and how it uses them."""

import numpy as np

from daf_core.embeddings.arrays import column_values, columns_for
from daf_core.embeddings.columns import ColumnShapes
from daf_core.errors import SettingsError
from daf_core.evaluation.trial import TrialFacts, TrialResult, tested
from daf_core.schemas import SPLITS
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import Output
from daf_core.training.dataset import Corpus, labelled_corpus, load_rows, utterance_ids
from daf_core.training.splits import TEST, UNUSED, SplitIndices

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
    parts = {
        part: _chosen(head.shapes, source, part, of_split.get(part)) for part in source.part_names()
    }
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


def _chosen(
    shapes: ColumnShapes, source: Output, part: str, of_split: SplitIndices | None
) -> SplitIndices:
    """TEST for the rows of a part that are looked at, UNUSED for the others. of_split: TEST for the
    rows of the split; None: all rows.
    """
    table = source.read(part, [*columns_for(shapes), "label"])
    _, present = column_values(table, shapes)
    chosen = table["label"].is_valid().to_numpy() & present.any(axis=1)
    if of_split is not None:
        chosen &= of_split == TEST
    return np.where(chosen, TEST, UNUSED).astype(np.int8)


def _of_split(source: Output, split: str) -> dict[str, SplitIndices]:
    """Of each part TEST for the rows of the split: as training would make it where no row names
    one, else as the rows name it.
    """
    named = {
        part: source.read(part, ["split"])["split"].to_pylist() for part in source.part_names()
    }
    if any(any(names) for names in named.values()):
        found = {part: [one == split for one in names] for part, names in named.items()}
    else:
        number = SPLITS.index(split)
        made = labelled_corpus(source).parts
        found = {part: (index == number).tolist() for part, index in made.items()}
    return {part: np.where(own, TEST, UNUSED).astype(np.int8) for part, own in found.items()}
