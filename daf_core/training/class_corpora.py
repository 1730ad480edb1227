"""Corpora whose rows are labelled by a column of categories, such as emotions, not by sentiment."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.schemas import SPLITS
from daf_core.storage.output import Output
from daf_core.training.classes import NO_CLASS, Classes
from daf_core.training.dataset import Corpus, class_values
from daf_core.training.splits import TRAIN, UNUSED, VALID, labelled_splits

log = logging.getLogger(__name__)
MOST_CLASSES = NUM_BINS  # the outcomes that heads predict
NAMED_AT_MOST = 20  # values in a message
# A column of more or of longer values may hold what people say, which no message repeats.
MOST_VALUES = 50
LONGEST_VALUE = 40  # characters


def class_corpora(
    asked: Classes, source: Output, also: Sequence[Output]
) -> tuple[Corpus, list[Corpus]]:
    """The rows of embeddings, and of those that join them in training, that have one of the
    classes, in their splits (`labelled_splits`); rows of other or no values are UNUSED, and how
    many is logged.

    Both corpora have the classes with their values: those asked for, or each value that the train
    rows of `source` have, in the order of the alphabet.

    Raises:
        SettingsError: the embeddings lack the column or one of the values, there are fewer than 2
            or more than MOST_CLASSES classes, or a class that no row trains.
    """
    corpora = [_with_any_value(one, asked.column) for one in (source, *also)]
    counts = [_counts(one, asked.column) for one in corpora]
    if asked.values:
        classes = asked
        _check_values(asked, source, sum(counts, Counter()))
    else:
        found = _counts(corpora[0], asked.column, TRAIN)
        classes = replace(asked, values=tuple((value,) for value in sorted(found)))
    if not 2 <= len(classes.values) <= MOST_CLASSES:
        raise SettingsError(
            f"`classes` {asked.column}: expected 2 to {MOST_CLASSES} classes, found "
            f"{len(classes.values)} among the train rows of {source.root}: "
            f"{_listed(_counts(corpora[0], asked.column, TRAIN))}; name those to tell apart, as in "
            f"{asked.column}=VALUE,VALUE"
        )
    first, *others = [_of_classes(one, classes) for one in corpora]
    _check_train_rows(first, others)
    return first, others


def _with_any_value(source: Output, column: str) -> Corpus:
    """The rows that have a value in the column, in their splits."""
    names = source.part_names()
    tables = [source.read(name, ["recording_id", "split", "meta"]) for name in names]
    columns: set[str] = set()
    labelled = []
    for table in tables:
        values = class_values(table, column)
        labelled.append(table.append_column("label", pa.array(values, pa.string())))
        for chunk in table["meta"].chunks:
            columns.update(chunk.keys.unique().to_pylist())
    if not any(table["label"].null_count < len(table) for table in labelled):
        raise SettingsError(
            f"`classes` {column}: expected a column that the source of {source.root} has beside "
            f"daf's own, and a value in it, found {', '.join(sorted(columns)) or 'none'}"
            f"{_meant(column, columns)}"
        )
    splits, rule = labelled_splits(source.root, labelled)
    return Corpus(source, dict(zip(names, splits, strict=True)), rule)


def _counts(corpus: Corpus, column: str, split: int | None = None) -> Counter[str]:
    """How many rows have each value of the column: all rows, or those of one split."""
    counts: Counter[str] = Counter()
    for part, splits in corpus.parts.items():
        values = class_values(corpus.source.read(part, ["meta"]), column)
        counts.update(
            value
            for value, own in zip(values, splits, strict=True)
            if value is not None and split in (None, own)
        )
    return counts


def _check_values(asked: Classes, source: Output, counts: Counter[str]) -> None:
    """Check that the values are there, in these embeddings or in those that join them."""
    for value in (value for own in asked.values for value in own):
        if value not in counts:
            raise SettingsError(
                f"`classes` {value}: expected a value that {asked.column} has in {source.root}, "
                f"found {_listed(counts)}{_meant(value, counts)}"
            )


def _of_classes(corpus: Corpus, classes: Classes) -> Corpus:
    """The corpus without rows of other values, whose number is logged, and with the classes."""
    parts, other, none = {}, 0, 0
    for part, splits in corpus.parts.items():
        values = class_values(corpus.source.read(part, ["meta"]), classes.column)
        has_class = np.array(classes.numbers(values)) != NO_CLASS
        parts[part] = np.where(has_class, splits, UNUSED).astype(np.int8)
        missing = sum(value is None for value in values)
        none += missing
        other += len(values) - int(has_class.sum()) - missing
    said = [f"{number_of(none, 'row has', 'rows have')} no {classes.column}"] if none else []
    if other:
        names = ", ".join(classes.names)
        said.append(
            f"{number_of(other, 'row has', 'rows have')} another {classes.column} than {names}"
        )
    if said:
        log.info("%s: %s: they are not used", corpus.source.root, " and ".join(said))
    return replace(corpus, parts=parts, classes=classes)


def _check_train_rows(corpus: Corpus, also: Sequence[Corpus]) -> None:
    """Check that there are rows to validate on, and that some row trains each class."""
    classes = corpus.classes
    assert classes is not None
    if not corpus.counts[SPLITS[VALID]]:
        raise SettingsError(
            f"{corpus.source.root}: expected validation rows of the `classes` {classes}, found "
            f"none; name other values, or give the corpus more rows of these"
        )
    trained: Counter[str] = Counter()
    for one in (corpus, *also):
        trained += _counts(one, classes.column, TRAIN)
    for name, values in zip(classes.names, classes.values, strict=True):
        if not any(trained[value] for value in values):
            raise SettingsError(
                f"`classes` {name}: expected train rows of it in {corpus.source.root}, found "
                f"{_listed(trained)}"
            )


def _meant(name: str, names: Iterable[str]) -> str:
    """What may have been meant by a name that is not there; empty if none is near."""
    small = {one.lower(): one for one in names}
    near = get_close_matches(name.lower(), small, 1)
    return f"; did you mean {small[near[0]]}?" if near and small[near[0]] != name else ""


def _listed(counts: Counter[str]) -> str:
    """Values with how many rows have each, the most frequent first."""
    if len(counts) > MOST_VALUES:
        return "too many to list"
    short = [(value, count) for value, count in counts.most_common() if len(value) <= LONGEST_VALUE]
    shown = [f"{value} {count:,}" for value, count in short[:NAMED_AT_MOST]]
    if left_out := len(counts) - len(shown):
        shown.append(f"{left_out} others")
    return ", ".join(shown) or "none"
